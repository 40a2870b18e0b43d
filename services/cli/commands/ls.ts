// lsweep ls: what sweeps there are and how far they are.

import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';
import { tableWidth } from '../table-width.ts';

export function register(program: Command): void {
  program
    .command('ls')
    .description('list the sweeps, newest first; works whether the stack is up or not')
    .option('--wide', 'all columns in full, wider than the terminal')
    .addHelpText('after', '\nExample:\n  lsweep ls')
    .action(async (_: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ configOf, withReader }, { readRows }, { sweepsQuery }, { sweepListText }] = await Promise.all([
        import('../access.ts'),
        import('../../store/index.ts'),
        import('../queries/sweeps.ts'),
        import('../render/sweep-list.ts'),
      ]);
      const rows = await withReader(configOf(options), (reader) => readRows(reader, sweepsQuery, [null]));
      openOutput(options).result(rows, sweepListText(rows, Date.now(), tableWidth(command)));
    });
}
