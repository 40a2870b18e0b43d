// lsweep logs: what the processes of the local stack wrote.

import type { Command } from 'commander';
import { z } from 'zod';
import { wholeNumber } from '../argument-parsers.ts';
import { globalOptions } from '../global-options.ts';

const DEFAULT_LINES = 40;

const optionsSchema = z.object({ follow: z.boolean().default(false), lines: z.number() });

export function register(program: Command): void {
  program
    .command('logs')
    .description('print the logs of the local stack; --json leaves the lines as they are in the files')
    .argument('[process]', 'one of its processes (lsweep status lists them); default: all of them')
    .option('-f, --follow', 'go on with new lines until Ctrl-C')
    .option(
      '-n, --lines <n>',
      `lines of each process to begin with (default ${DEFAULT_LINES})`,
      wholeNumber(0),
      DEFAULT_LINES,
    )
    .addHelpText('after', '\nExamples:\n  lsweep logs orchestrator -n 100\n  lsweep logs -f')
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = globalOptions(command);
      const { follow, lines } = optionsSchema.parse(command.opts());
      const [{ configOf }, { stackLogs }, { printLogs }] = await Promise.all([
        import('../access.ts'),
        import('../logs/stack-logs.ts'),
        import('../logs/print-logs.ts'),
      ]);
      const files = stackLogs(configOf(options).stateDir, name);
      await printLogs(files, { lines, follow, raw: options.json });
    });
}
