// What passes to the Base per latent, in floats: the study's capacity axis (docs/design/study.md section 2, "Channel capacity as an axis").

import type { Channel, SystemName } from '../settings/index.ts';
import { exchangedLayers } from './layer-selection.ts';
import type { ModelShape } from './model-shape.ts';
import { systemTraits } from './system-traits.ts';

/** What of a model decides how wide a latent is. */
export type ExchangedShape = Pick<ModelShape, 'layers' | 'width' | 'kvHeads' | 'headWidth'>;

/**
 * `d` for embeddings, `2 * layers * kvHeads * headWidth` for cache entries, the rank instead of the width behind a bottleneck; 0 for
 * systems without latents.
 * @param channel null = the system's own
 */
export function capacityFloatsPerLatent(system: SystemName, channel: Channel | null, shape: ExchangedShape): number {
  const traits = systemTraits(system);
  if (!traits.latents) return 0;
  // Coconut's latents enter as input embeddings too, one after the other
  if (traits.coprocessor !== 'kv') return channel?.rank ?? shape.width;
  const layers = exchangedLayers(system, channel, shape.layers);
  return 2 * layers.length * (channel?.rank ?? shape.kvHeads * shape.headWidth);
}

/** A channel as one word for tables and SQL: `embedding`, `kv:all`, `kv:top:2`, `kv:0,3`, with `/r8` behind a bottleneck of rank 8. */
export function channelName(channel: Channel | null): string | null {
  if (channel === null) return null;
  const rank = channel.rank === null ? '' : `/r${channel.rank}`;
  return channel.kind === 'embedding' ? `embedding${rank}` : `kv:${String(channel.layers)}${rank}`;
}
