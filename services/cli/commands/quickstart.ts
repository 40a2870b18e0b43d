// lsweep quickstart, which is `npm start`: from nothing to a table of results and a chart. Every step looks first at what is
// already there, so it may be interrupted or killed anywhere and run again.

import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const SWEEP_FILE = fileURLToPath(new URL('../../../infra/sweeps/quickstart.yaml', import.meta.url));

export function register(program: Command): void {
  program
    .command('quickstart')
    .description('bring the local stack up, run the example sweep, end with its results and a chart (npm start)')
    .addHelpText('after', '\nExample:\n  lsweep quickstart\nRun again it goes on where it was.')
    .action(async (_: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ configOf }, { runQuickstart }, { setExitCode }] = await Promise.all([
        import('../access.ts'),
        import('../run-quickstart.ts'),
        import('../run-sweep.ts'),
      ]);
      const output = openOutput(options);
      const { exitCode, value, text } = await runQuickstart(configOf(options), SWEEP_FILE, output);
      output.result(value, text);
      setExitCode(exitCode);
    });
}
