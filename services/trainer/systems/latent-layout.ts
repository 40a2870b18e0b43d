// How the numbers that the latents of one example hand to the Base lie in an array.

import { computedModel, exchangedLayers, systemTraits } from '../../study/systems/index.ts';
import { headShape } from '../models/index.ts';

import type { SystemSettings } from './settings.ts';

/**
 * The numbers of one example are [P, N, W]. `rows`: one part, the input rows of the Base. `entries`: keys, then values, of each exchanged
 * layer in turn; keys as if the question had length 1 (where the family writes positions into them), so that they fit any question.
 */
export interface LatentLayout {
  readonly kind: 'rows' | 'entries';
  readonly parts: number;
  readonly width: number;
}

/** null for systems without latents */
export function latentLayout(settings: SystemSettings): LatentLayout | null {
  const { latentSource } = systemTraits(settings.system);
  if (latentSource === 'none') return null;
  if (latentSource === 'soft_tokens' || latentSource === 'coprocessor_embedding')
    return { kind: 'rows', parts: 1, width: settings.model.width };
  const { keyValueHeads, headWidth } = headShape(settings.model);
  return { kind: 'entries', parts: 2 * entryLayers(settings).length, width: keyValueHeads * headWidth };
}

/** Layers whose cache entries the latents leave: Coconut keeps the entries of its own latent rows in every layer. */
export function entryLayers({ system, model, channel }: SystemSettings): readonly number[] {
  const { layers } = computedModel(system, model);
  if (systemTraits(system).latentSource === 'own_hidden') return Array.from({ length: layers }, (_, layer) => layer);
  return exchangedLayers(system, channel, layers);
}
