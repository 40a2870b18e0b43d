// lsweep open [SWEEP]: the address of the dashboard, for a browser of this machine.

import type { Command } from 'commander';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const HELP = `
Open the address in a browser of this machine; its token lets in whoever has it,
and no other user. From another machine:
  ssh -L PORT:127.0.0.1:PORT HOST, then the same address there.

Examples:
  lsweep open
  lsweep open quickstart`;

export function register(program: Command): void {
  program
    .command('open')
    .description('print the address of the dashboard of the running stack')
    .argument('[sweep]', 'lead to this sweep')
    .addHelpText('after', HELP)
    .action(async (sweep: string | undefined, _: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ configOf }, { dashboardUrl }] = await Promise.all([
        import('../access.ts'),
        import('../dashboard-address.ts'),
      ]);
      const config = configOf(options);
      const url = await dashboardUrl(config, sweep === undefined ? '/' : `/sweeps/${encodeURIComponent(sweep)}`);
      if (url === null)
        throw new LatentSweepError(
          'STORE_UNREACHABLE',
          config.dashboard.enabled
            ? `no dashboard runs: the local stack in ${config.stateDir} is not up, or was started by an earlier version; lsweep up starts it`
            : 'dashboard.enabled is false, so that lsweep up starts none; set it to true, then lsweep down and lsweep up',
          { key: 'dashboard.enabled', stateDir: config.stateDir },
        );
      openOutput(options).result({ url }, url);
    });
}
