// lsweep trainer ...: the training engine by itself, without a stack. These commands load ONNX Runtime into this process.

import { type Command, Option } from 'commander';
import { z } from 'zod';
import { positive, wholeNumber } from '../argument-parsers.ts';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const planOptionsSchema = z.object({ cell: z.number().optional(), memory: z.number().optional() });
const profileOptionsSchema = z.object({
  cell: z.number().optional(),
  phase: z.enum(['base', 'pretrain', 'finetune']),
  steps: z.number(),
  trace: z.string().optional(),
});
const GIGABYTE = 1e9;
const PROFILED_STEPS = 10;

export function register(program: Command): void {
  const trainer = program
    .command('trainer')
    .description('the training engine by itself; needs no stack')
    .addHelpText(
      'after',
      '\nExamples:\n  lsweep trainer probe IN OUT\n  lsweep trainer plan infra/sweeps/quickstart.yaml --cell 3\n  lsweep trainer profile infra/sweeps/quickstart.yaml --cell 3',
    );

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

  trainer
    .command('plan')
    .description('parameters, operations and memory of one trial, before anything runs; ends with 1 when it cannot fit')
    .argument('<file>', 'sweep file (YAML) with one cell, or --cell')
    .option('--cell <index>', 'which cell of the sweep file', wholeNumber(0))
    .option('--memory <gigabytes>', "what there is (default: this machine's)", positive)
    .addHelpText('after', '\nExample:\n  lsweep trainer plan infra/sweeps/quickstart.yaml --cell 3 --memory 2')
    .action(async (file: string, _: unknown, command: Command) => {
      const { cell = null, memory } = planOptionsSchema.parse(command.opts());
      const { readTrial } = await import('../standalone/read-trial.ts');
      const { checkTrialFits, planTrial, trialPlan } = await import('../standalone/plan-trial.ts');
      const { machineSize } = await import('../../machine/index.ts');
      const read = await readTrial(file, cell);
      const memoryBytes = memory === undefined ? machineSize().memoryBytes : memory * GIGABYTE;
      const { device, threads } = read.resources;
      const plans = await planTrial(read.cell, { device: device === 'cuda' ? device : 'cpu', threads });
      const { value, text } = trialPlan(read.name, read.cell, plans, memoryBytes);
      openOutput(globalOptions(command)).result(value, text);
      checkTrialFits(plans, memoryBytes);
    });

  trainer
    .command('profile')
    .description('where the time of a training step goes: per pass and per kind of operator')
    .argument('<file>', 'sweep file (YAML) with one cell, or --cell')
    .option('--cell <index>', 'which cell of the sweep file', wholeNumber(0))
    .addOption(
      new Option('--phase <kind>', 'which phase').choices(['base', 'pretrain', 'finetune']).default('finetune'),
    )
    .option('--steps <count>', 'steps to profile, spread over the phase', wholeNumber(1), PROFILED_STEPS)
    .option('--trace <file>', 'also write every node as a Chrome trace')
    .addHelpText(
      'after',
      '\nExample:\n  lsweep trainer profile infra/sweeps/quickstart.yaml --cell 3 --trace step.json',
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { cell = null, phase, steps, trace } = profileOptionsSchema.parse(command.opts());
      const { readTrial } = await import('../standalone/read-trial.ts');
      const { profileTrial, stepProfile, writeTrace } = await import('../standalone/profile-trial.ts');
      const read = await readTrial(file, cell);
      const { device, threads } = read.resources;
      const placement = { device: device === 'cuda' ? device : ('cpu' as const), threads };
      const profile = await profileTrial(read.cell, phase, placement, steps);
      if (trace !== undefined) writeTrace(trace, profile);
      const { value, text } = stepProfile(`${read.name}, cell ${read.cell.trial.cell}, ${phase}`, profile);
      openOutput(globalOptions(command)).result(value, text);
    });
}
