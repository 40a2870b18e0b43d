// lsweep nodes: the fleet, and which node is in quarantine and why.

import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';
import { tableWidth } from '../table-width.ts';

export function register(program: Command): void {
  program
    .command('nodes')
    .description('list the machines of the fleet, and why one is in quarantine; works whether the stack is up or not')
    .option('--wide', 'all columns in full, wider than the terminal')
    .addHelpText('after', '\nExample:\n  lsweep nodes')
    .action(async (_: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ configOf, withReader }, { readRows }, { nodesQuery }, { nodeListText }] = await Promise.all([
        import('../access.ts'),
        import('../../store/index.ts'),
        import('../queries/nodes.ts'),
        import('../render/node-list.ts'),
      ]);
      const rows = await withReader(configOf(options), (reader) => readRows(reader, nodesQuery, []));
      openOutput(options).result(rows, nodeListText(rows, Date.now(), tableWidth(command)));
    });
}
