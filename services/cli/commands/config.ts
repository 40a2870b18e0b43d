// lsweep config: every key with its value in force and where it could be set, passwords hidden; with a key, what it means.

import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const HELP = `
Read from the file that --config or LSWEEP_CONFIG names, else lsweep.yaml, else
config.yaml in the state folder, then from LSWEEP_* variables. null = the local
stack provides it, or the key's description says what.

Examples:
  lsweep config
  lsweep config worker.slots
  lsweep config orchestrator
  lsweep config LSWEEP_POSTGRES_URL
  lsweep config --json`;

export function register(program: Command): void {
  program
    .command('config')
    .description('print the configuration in force, passwords hidden, or what a key means')
    .argument('[key]', 'key such as worker.slots, its variable, or a section such as worker')
    .addHelpText('after', HELP)
    .action(async (word: string | undefined, _: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ findKeys, loadConfig, redact }, { configText }, { configKeysText, withValues }] = await Promise.all([
        import('../../config/index.ts'),
        import('../render/config-table.ts'),
        import('../render/config-key.ts'),
      ]);
      const keys = word === undefined ? null : findKeys(word);
      const config = loadConfig({ file: options.config, dir: options.dir });
      const output = openOutput(options);
      if (keys === null) return output.result(redact(config), configText(config));
      const described = withValues(keys, config);
      output.result(described, configKeysText(described, process.stdout.columns || 80));
    });
}
