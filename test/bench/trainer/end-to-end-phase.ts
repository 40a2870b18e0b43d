// The finetune that the end-to-end case times on both sides: the model of the multi-site cases on ProsQA, all latents from the start.

import { machineSize } from '../../../services/machine/index.ts';
import { phaseConfigSchema } from '../../../services/study/settings/phases.ts';
import { haveExclusiveCores } from '../../../services/trainer/jobs/exclusive-cores.ts';

export const END_TO_END = 'process-end-to-end';

const parsed = phaseConfigSchema.parse({
  kind: 'finetune',
  model: { family: 'gpt2', layers: 4, width: 128, heads: 4, context: 256 },
  tokenizer: 'words',
  task: { name: 'prosqa', train: 1_000, nodes: 8, valid: 20, test: 20 },
  ...{ system: 'h2', channel: null, latents: 8, query: 'marker', gradThroughCache: true },
  ...{ softInit: 'mean', coprocessorInit: 'base', curriculum: null, seed: 1 },
  train: { stepsPerStage: 200, batch: 8, lr: 1e-4 },
});
if (parsed.kind !== 'finetune') throw new RangeError('the end-to-end case times a finetune');
export const endToEndPhase = parsed;

export function placementOf(threads: number) {
  const exclusiveCores = haveExclusiveCores({ trainers: 1, threads, cores: machineSize().cores });
  return { device: 'cpu', threads, exclusiveCores } as const;
}
