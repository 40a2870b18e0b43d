// lsweep config: every key with its value in force and where it could be set, passwords hidden.

import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

export function register(program: Command): void {
  program
    .command('config')
    .description('print the configuration in force, passwords hidden, with the environment variable of each key')
    .addHelpText(
      'after',
      '\nRead from lsweep.yaml, else .lsweep/config.yaml, then LSWEEP_* variables. null = the local stack provides it.',
    )
    .addHelpText('after', '\nExample:\n  lsweep config --json')
    .action(async (_: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ loadConfig, redact }, { configText }] = await Promise.all([
        import('../../config/index.ts'),
        import('../render/config-table.ts'),
      ]);
      const config = loadConfig({ file: options.config, dir: options.dir });
      openOutput(options).result(redact(config), configText(config));
    });
}
