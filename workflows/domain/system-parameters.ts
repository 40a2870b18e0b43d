// How many numbers a system holds and how many of them it trains; exact for what the trainer builds (services/trainer/systems/parameters.ts
// lists the same tensors by name, and a test holds the two together).

import { layersOf } from './layer-selection.ts';
import { bodyParameters, layerParameters, type ModelShape, modelParameters } from './model-shape.ts';
import { systemTraits } from './system-traits.ts';
import type { Channel, Query, SystemName } from './systems.ts';

export interface SystemParameters {
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

export function systemParameters(counted: CountedSystem): SystemParameters {
  const { system, channel, latents, query, vocabulary } = counted;
  const shape = computedShape(system, counted.shape);
  const traits = systemTraits(system);
  const base = modelParameters(shape, vocabulary);
  const coprocessor = traits.coprocessor === null ? 0 : bodyParameters(shape);
  const softRows = traits.softTokens ? (system === 'pause' ? 1 : latents) : 0;
  const soft = (softRows + (query === 'marker' ? 1 : 0)) * shape.width;
  const bottleneck = traits.coprocessor === null ? 0 : bottleneckParameters(channel, shape);
  const usedCoprocessor = traits.coprocessor === 'kv' ? usedByCache(channel, shape) : coprocessor;
  return {
    total: base + coprocessor + soft + bottleneck,
    trained: (traits.trainsBase ? base : 0) + usedCoprocessor + soft + bottleneck,
  };
}

/** `soft_2x` computes with each layer of the Base twice. */
export function computedShape(system: SystemName, shape: ModelShape): ModelShape {
  return system === 'soft_2x' ? { ...shape, layers: 2 * shape.layers } : shape;
}

/** Exchanged layers of a kv channel, ascending. @throws RangeError for layers that the model does not have */
export function exchangedLayers(channel: Channel | null, shape: ModelShape): readonly number[] {
  const layers = layersOf(channel?.kind === 'kv' ? channel.layers : 'all', shape.layers);
  if (layers === null)
    throw new RangeError(`channel names layers that a model of ${shape.layers} layers does not have`);
  return layers;
}

/** Down and up projections, one pair for each exchanged vector. */
function bottleneckParameters(channel: Channel | null, shape: ModelShape): number {
  const rank = channel?.rank ?? null;
  if (rank === null) return 0;
  if (channel?.kind !== 'kv') return 2 * shape.width * rank;
  return exchangedLayers(channel, shape).length * 2 * 2 * shape.kvHeads * shape.headWidth * rank;
}

/** Only cache entries up to the highest exchanged layer leave the Coprocessor: of that layer the rest is never read. */
function usedByCache(channel: Channel | null, shape: ModelShape): number {
  const top = Math.max(...exchangedLayers(channel, shape));
  const layer = layerParameters(shape);
  const positions = shape.family === 'gpt2' ? shape.context * shape.width : 0;
  return positions + top * layer.all + layer.cache;
}
