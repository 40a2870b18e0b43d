// lsweep down: the local stack stopped in order, its state kept.

import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const SENTENCES = {
  stopped: 'The local stack is down; its state stays.',
  'was down': 'The local stack was down.',
  'cleaned up': 'Its supervisor had been killed; what it left behind is stopped. The state stays.',
} as const;

export function register(program: Command): void {
  program
    .command('down')
    .description('stop the local stack in order; running attempts end with a checkpoint, everything stays in .lsweep')
    .addHelpText('after', '\nExample:\n  lsweep down')
    .action(async (_: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ loadConfig }, { down }, { StackProgress }] = await Promise.all([
        import('../../config/index.ts'),
        import('../../local-stack/index.ts'),
        import('../render/stack-progress.ts'),
      ]);
      const output = openOutput(options);
      const progress = new StackProgress((text) => output.say(text));
      const result = await down(loadConfig({ file: options.config, dir: options.dir }), (record) =>
        progress.show(record),
      );
      output.result({ result }, SENTENCES[result]);
    });
}
