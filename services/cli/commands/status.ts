// lsweep status: what of the local stack runs, and which of its nodes is in quarantine. Exit code 3 when it is not up, for scripts.

import type { Command } from 'commander';
import { EXIT } from '../../edge/index.ts';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';
import { tableWidth } from '../table-width.ts';

export function register(program: Command): void {
  program
    .command('status')
    .description(
      'show the processes of the local stack, which node is in quarantine and what checkpoints take; exit code 3 when it is not up',
    )
    .option('--wide', 'all columns in full, wider than the terminal')
    .addHelpText('after', '\nExample:\n  lsweep status || lsweep up')
    .action(async (_: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ configOf }, { stackStatus }, { readFleetStatus }, { readDiskUsage }, { stackStatusText }] =
        await Promise.all([
          import('../access.ts'),
          import('../../local-stack/index.ts'),
          import('../read-fleet-status.ts'),
          import('../read-disk-usage.ts'),
          import('../render/stack-status.ts'),
        ]);
      const config = configOf(options);
      const status = stackStatus(config);
      const fleet = await readFleetStatus(config, status.state === 'up');
      const disk = await readDiskUsage(config);
      openOutput(options).result(
        { ...status, fleet, disk },
        stackStatusText(status, fleet, Date.now(), disk, tableWidth(command)),
      );
      if (status.state !== 'up') process.exitCode = EXIT.unreachable;
    });
}
