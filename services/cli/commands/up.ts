// lsweep up: the local stack, started or found.

import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

export function register(program: Command): void {
  program
    .command('up')
    .description('start the local stack: Postgres, Temporal, orchestrator and gpu-worker; state in .lsweep')
    .addHelpText(
      'after',
      '\nA second lsweep up finds the running stack and says so. Example:\n  lsweep up && lsweep status',
    )
    .action(async (_: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ loadConfig }, { up }, { listenForInterruption }, { StackProgress }, { lsweepCommand }] =
        await Promise.all([
          import('../../config/index.ts'),
          import('../../local-stack/index.ts'),
          import('../interruption.ts'),
          import('../render/stack-progress.ts'),
          import('../lsweep-command.ts'),
        ]);
      const output = openOutput(options);
      const config = loadConfig({ file: options.config, dir: options.dir });
      const interruption = listenForInterruption();
      const startMs = performance.now();
      const progress = new StackProgress((text) => output.say(text));
      const { kind, isConfigChanged, record } = await up(config, {
        signal: interruption.signal,
        onChange: (change) => progress.show(change),
      });
      interruption.stopListening();
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      const lsweep = lsweepCommand(process.env);
      const { dashboardUrl } = await import('../dashboard-address.ts');
      const dashboard = await dashboardUrl(config, '/', record);
      const lines = [
        kind === 'started' ? `The local stack is up (${seconds} s).` : 'The local stack is up already.',
        ...(isConfigChanged
          ? [`It runs with an earlier configuration; ${lsweep} down and ${lsweep} up apply the present one.`]
          : []),
        ...(dashboard === null ? [] : [`Dashboard: ${dashboard}`]),
        ...(record.temporalUiUrl === null ? [] : [`Temporal's pages: ${record.temporalUiUrl}`]),
      ];
      const services = record.services.map(({ name, state, port, log }) => ({ name, state, port, log }));
      output.result(
        {
          ...{ kind, isConfigChanged, stateDir: config.stateDir, dashboardUrl: dashboard },
          ...{ temporalUiUrl: record.temporalUiUrl, services },
        },
        lines.join('\n'),
      );
    });
}
