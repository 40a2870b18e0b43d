// What the checkpoint of a phase takes on disk, from its config alone: weights, and Adam's two moments of what is trained. Where a checkpoint is
// chosen (`train.select`) the best weights so far travel with it. An evaluation's verdicts are small and left out.

import type { SplitSizes } from '../plan/index.ts';
import { objectivesOf, type PhaseConfig } from '../settings/index.ts';
import { FLOAT_BYTES, type ModelShape, parameterCounts } from '../systems/index.ts';

/** @param sizes of the task's splits: the checkpoint of an analysis holds the latents of its items */
export function checkpointBytes(config: PhaseConfig, shape: ModelShape, vocabulary: number, sizes: SplitSizes): number {
  const about = { shape, vocabulary };
  switch (config.kind) {
    case 'base': {
      const { total } = parameterCounts({
        ...about,
        system: 'soft_embeddings',
        channel: null,
        latents: 0,
        query: null,
      });
      return FLOAT_BYTES * 3 * total;
    }
    case 'pretrain':
    case 'finetune': {
      const { system, channel, latents, query } = config;
      const objectives = objectivesOf(config);
      const { total, trained } = parameterCounts({ ...about, system, channel, latents, query, objectives });
      const chosen = config.kind === 'finetune' && config.train.select !== undefined ? trained : 0;
      return FLOAT_BYTES * (total + 2 * trained + chosen);
    }
    case 'evaluate':
      return 0;
    case 'analyse': {
      const { items, split } = config.analyse;
      return FLOAT_BYTES * Math.min(items ?? sizes[split], sizes[split]) * config.latents * shape.width;
    }
  }
}
