// lsweep show: a sweep with its results, or one of its trials; with --chart the loss curves as SVG.

import type { Command } from 'commander';
import { z } from 'zod';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

export function register(program: Command): void {
  program
    .command('show')
    .description('show a sweep with its results, or one trial with its phases; works whether the stack is up or not')
    .argument('<sweep>', 'name of the sweep')
    .argument('[trial]', 'number of a cell, or the beginning of a trial key (6 digits or more)')
    .option('--chart', 'draw the loss curves of the systems as SVG')
    .addHelpText(
      'after',
      '\nExamples:\n  lsweep show quickstart\n  lsweep show quickstart 3\n  lsweep show quickstart --chart',
    )
    .action(async (sweep: string, trial: string | undefined, _: unknown, command: Command) => {
      const options = globalOptions(command);
      const { chart } = z.object({ chart: z.boolean().default(false) }).parse(command.opts());
      if (chart && trial !== undefined) command.error('error: --chart draws whole sweeps; leave the trial out');
      const [{ configOf, withReader }, { showSweep }, { showTrial }] = await Promise.all([
        import('../access.ts'),
        import('../results/show-sweep.ts'),
        import('../results/show-trial.ts'),
      ]);
      const config = configOf(options);
      const { value, text } = await withReader(config, (reader) =>
        trial === undefined
          ? showSweep(reader, sweep, { stateDir: config.stateDir, chart })
          : showTrial(reader, sweep, trial),
      );
      openOutput(options).result(value, text);
    });
}
