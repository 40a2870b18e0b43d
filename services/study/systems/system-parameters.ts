// How many numbers a system holds and how many of them it trains; exact for what the trainer builds (services/trainer/systems/parameters.ts
// lists the same tensors by name, and a test holds the two together).

import type { Channel, Query, SystemName } from '../settings/index.ts';
import { exchangedLayers } from './layer-selection.ts';
import { bodyParameters, layerParameters, type ModelShape, modelParameters } from './model-shape.ts';
import { computedModel, systemTraits } from './system-traits.ts';

export interface ParameterCounts {
  readonly total: number;
  readonly trained: number;
}

export interface CountedSystem {
  readonly system: SystemName;
  /** In canonical form: null only without a Coprocessor. */
  readonly channel: Channel | null;
  readonly latents: number;
  /** Null for plain systems. */
  readonly query: Query | null;
  readonly shape: ModelShape;
  readonly vocabulary: number;
}

export function parameterCounts(counted: CountedSystem): ParameterCounts {
  const { system, channel, latents, query, vocabulary } = counted;
  const shape = computedModel(system, counted.shape);
  const traits = systemTraits(system);
  const base = modelParameters(shape, vocabulary);
  const coprocessor = traits.coprocessor === null ? 0 : bodyParameters(shape);
  const softRows = traits.softTokens ? (traits.oneSoftRow ? 1 : latents) : 0;
  const soft = (softRows + (query === 'marker' ? 1 : 0)) * shape.width;
  const bottleneck = traits.coprocessor === null ? 0 : bottleneckParameters(system, channel, shape);
  const usedCoprocessor = traits.coprocessor === 'kv' ? usedByCache(system, channel, shape) : coprocessor;
  return {
    total: base + coprocessor + soft + bottleneck,
    trained: (traits.trainsBase ? base : 0) + usedCoprocessor + soft + bottleneck,
  };
}

/** Down and up projections, one pair for each exchanged vector. */
function bottleneckParameters(system: SystemName, channel: Channel | null, shape: ModelShape): number {
  const rank = channel?.rank ?? null;
  if (rank === null) return 0;
  if (channel?.kind !== 'kv') return 2 * shape.width * rank;
  return exchangedLayers(system, channel, shape.layers).length * 2 * 2 * shape.kvHeads * shape.headWidth * rank;
}

/** Only cache entries up to the highest exchanged layer leave the Coprocessor: of that layer the rest is never read. */
function usedByCache(system: SystemName, channel: Channel | null, shape: ModelShape): number {
  const top = Math.max(...exchangedLayers(system, channel, shape.layers));
  const layer = layerParameters(shape);
  const positions = shape.family === 'gpt2' ? shape.context * shape.width : 0;
  return positions + top * layer.all + layer.cache;
}
