// lsweep train FILE: one trial in this terminal, without a stack.

import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { wholeNumber } from '../argument-parsers.ts';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const optionsSchema = z.object({
  cell: z.number().optional(),
  out: z.string().optional(),
  export: z.string().optional(),
  device: z.enum(['cpu', 'cuda']).optional(),
  threads: z.number().optional(),
  checkpointEvery: z.number(),
});
const CHECKPOINT_SECONDS = 30;

export function register(program: Command): void {
  program
    .command('train')
    .description('train one trial in this terminal, without a stack; run again, it goes on where it was')
    .argument('<file>', 'sweep file (YAML) with one cell, or --cell')
    .option('--cell <index>', 'which cell of the sweep file', wholeNumber(0))
    .option('--out <dir>', 'folder of the trial (default: below .lsweep/train)')
    .option('--export <dir>', 'write Base and Coprocessor as Hugging Face folders to this new folder')
    .option('--device <device>', 'cpu or cuda (default: what the sweep file says)', device)
    .option('--threads <count>', 'threads of one operator (default: what the sweep file says)', wholeNumber(1))
    .option('--checkpoint-every <seconds>', 'most training that a kill can cost', wholeNumber(0), CHECKPOINT_SECONDS)
    .addHelpText('after', '\nExample:\n  lsweep train infra/sweeps/quickstart.yaml --cell 3 --export models')
    .action(async (file: string, _: unknown, command: Command) => {
      const global = globalOptions(command);
      const options = optionsSchema.parse(command.opts());
      const [{ trainTrial }, { configOf }] = await Promise.all([
        import('../standalone/train-trial.ts'),
        import('../access.ts'),
      ]);
      const { cell = null, out = null, threads = null } = options;
      const exitCode = await trainTrial(
        {
          ...{ file, cell, out, threads, device: options.device ?? null },
          exportTo: options.export ?? null,
          checkpointSeconds: options.checkpointEvery,
        },
        configOf(global),
        openOutput(global),
      );
      if (exitCode !== 0) process.exitCode = exitCode;
    });
}

function device(text: string): string {
  if (text !== 'cpu' && text !== 'cuda') throw new InvalidArgumentError('It must be cpu or cuda.');
  return text;
}
