// How the numbers that the latents of one example hand to the Base lie in an array.

import { headShape } from '../models/index.ts';
import { computedModel, SYSTEM_FACTS, selectedLayers } from './describe.ts';
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
  const { latents } = SYSTEM_FACTS[settings.system];
  if (latents === 'none') return null;
  if (latents === 'soft' || latents === 'coprocessor_embedding')
    return { kind: 'rows', parts: 1, width: settings.model.width };
  const { keyValueHeads, headWidth } = headShape(settings.model);
  return { kind: 'entries', parts: 2 * exchangedLayers(settings).length, width: keyValueHeads * headWidth };
}

/** Coconut keeps the entries of its own latent rows in every layer. */
export function exchangedLayers({ system, model, channel }: SystemSettings): readonly number[] {
  const { layers } = computedModel(system, model);
  if (SYSTEM_FACTS[system].latents === 'own_hidden') return Array.from({ length: layers }, (_, layer) => layer);
  return selectedLayers(channel, layers);
}
