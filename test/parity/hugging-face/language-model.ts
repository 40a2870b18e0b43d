// A loaded checkpoint as a plain language model of the engine, and batches for it.

import type { NamedTensors } from '../../../services/tensor/runtime/index.ts';
import { TrainingEngine } from '../../../services/trainer/engine/index.ts';
import type { EngineConfig } from '../../../services/trainer/engine/types.ts';
import type { ModelConfig } from '../../../services/trainer/models/index.ts';
import type { Batch } from '../../../services/trainer/systems/batch.ts';

/** The optimizer's values matter only where a test trains. */
export const PLAIN: Omit<EngineConfig, 'model'> = {
  system: 'continued_pretraining',
  channel: null,
  latents: 0,
  query: null,
  gradThroughCache: true,
  prefixLmLossWeight: 0,
  optimizer: { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, decay: 'all', clip: 1 },
  device: 'cpu',
  threads: 1,
};

/** Every token after the first is a target. */
export const corpus = (ids: readonly (readonly number[])[]): Batch => ({
  kind: 'corpus',
  tokens: ids,
  sites: null,
  ahead: 1,
});

/** @param use gets the engine, which is released afterwards */
export function withLanguageModel<T>(model: ModelConfig, base: NamedTensors, use: (engine: TrainingEngine) => T): T {
  const engine = new TrainingEngine({ ...PLAIN, model });
  try {
    engine.setWeights(base);
    return use(engine);
  } finally {
    engine.release();
  }
}
