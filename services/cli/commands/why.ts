// lsweep why: the story of a trial.

import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

export function register(program: Command): void {
  program
    .command('why')
    .description('tell what happened to a trial and why: waits, nodes, failures, retries, results')
    .argument('<sweep>', 'name of a sweep; or the beginning of a trial key (6 digits or more)')
    .argument('[cell]', 'number of a cell of the sweep, or the beginning of a trial key')
    .addHelpText('after', '\nExamples:\n  lsweep why prosqa-budgets 17\n  lsweep why 3f9a1c')
    .action(async (sweep: string, cell: string | undefined, _: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ configOf, withReader }, { explainTrial }] = await Promise.all([
        import('../access.ts'),
        import('../results/explain-trial.ts'),
      ]);
      const { value, text } = await withReader(configOf(options), (reader) =>
        explainTrial(reader, sweep, cell ?? null),
      );
      openOutput(options).result(value, text);
    });
}
