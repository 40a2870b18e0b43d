// lsweep status: what of the local stack runs. Exit code 3 when it is not up, for scripts.

import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

export function register(program: Command): void {
  program
    .command('status')
    .description('show the processes of the local stack; exit code 3 when it is not up')
    .addHelpText('after', '\nExample:\n  lsweep status || lsweep up')
    .action(async (_: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ loadConfig }, { stackStatus }, { stackStatusText }] = await Promise.all([
        import('../../config/index.ts'),
        import('../../../infra/local/index.ts'),
        import('../render/stack-status.ts'),
      ]);
      const status = stackStatus(loadConfig({ file: options.config, dir: options.dir }));
      openOutput(options).result(status, stackStatusText(status, Date.now()));
      if (status.state !== 'up') process.exitCode = EXIT.unreachable;
    });
}
