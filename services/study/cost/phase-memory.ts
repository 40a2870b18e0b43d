// The least memory a phase takes, from its config alone: what keeps it off slots that are too small. Activations are left out (they need
// the graphs: services/trainer/plan), so a phase that fits by this may still run out of memory, but one that does not can never run.

import { type AnyPhaseConfig, objectivesOf } from '../settings/index.ts';
import { FLOAT_BYTES, parameterCounts, shapeOf } from '../systems/index.ts';
import { taskTokens } from './task-tokens.ts';

/** Bytes of weights, and for training of gradients and Adam's two moments; null where the model's shape is not in the config. */
export function leastMemoryBytes(config: AnyPhaseConfig): number | null {
  if (config.kind === 'simulate') return null;
  const shape = shapeOf(config.model);
  const tokens = taskTokens(config.task, config.tokenizer);
  if (shape === null || tokens === null) return null;
  const { vocabulary } = tokens;
  const about = { shape, vocabulary };
  if (config.kind === 'base') {
    const { total } = parameterCounts({ ...about, system: 'soft_embeddings', channel: null, latents: 0, query: null });
    return stateBytes(total, total);
  }
  const { system, channel, latents, query } = config;
  const objectives = objectivesOf(config);
  const { total, trained } = parameterCounts({ ...about, system, channel, latents, query, objectives });
  return stateBytes(total, config.kind === 'evaluate' || config.kind === 'analyse' ? 0 : trained);
}

function stateBytes(total: number, trained: number): number {
  return FLOAT_BYTES * (total + 3 * trained);
}
