// lsweep trainer ...: the training engine by itself, without a stack. These commands load ONNX Runtime into this process.

import type { Command } from 'commander';

export function register(program: Command): void {
  const trainer = program
    .command('trainer')
    .description('the training engine by itself; needs no stack')
    .addHelpText('after', '\nExample:\n  lsweep trainer probe IN OUT');

  trainer
    .command('probe')
    .description('run a probe: exact weights and batches in, losses, gradients and weights (or generated ids) out')
    .argument('<in>', 'folder with probe.json and weights.safetensors; only read')
    .argument('<out>', 'empty folder for the answer')
    .addHelpText('after', '\nExample:\n  lsweep trainer probe test/parity/probes/gpt2-corpus-h2 answer')
    .action(async (inFolder: string, outFolder: string) => {
      const { runProbe } = await import('../../trainer/index.ts');
      runProbe(inFolder, outFolder);
    });
}
