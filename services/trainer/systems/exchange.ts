// What the latents of an example hand to the Base, as plain numbers that can be read out of one pass and given to another: the hook of
// causal tests. One site per example (M = 1).
// Legend: B batch, N latent slots, P parts, W width of a part, D model width, G key/value heads, K head width.

import { at, reshape, type Tensor, transpose } from '../../tensor/graph/index.ts';
import { type CacheEntries, headShape } from '../models/index.ts';
import { computedModel, SYSTEM_FACTS, selectedLayers } from './describe.ts';
import type { LatentSource } from './latents.ts';
import type { SystemSettings } from './parameters.ts';
import type { Building } from './passes.ts';
import type { Rows } from './rows.ts';

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
function exchangedLayers({ system, model, channel }: SystemSettings): readonly number[] {
  const { layers } = computedModel(system, model);
  if (SYSTEM_FACTS[system].latents === 'own_hidden') return Array.from({ length: layers }, (_, layer) => layer);
  return selectedLayers(channel, layers);
}

/** Inputs `given.<part>` [B, N, W] in place of what the system would compute. */
export function givenLatents({ graph, settings, shape, base }: Building, rows: Rows): LatentSource {
  const { batch, latents } = shape;
  const layout = latentLayout(settings);
  if (layout === null || shape.sites !== 1) throw new TypeError(`${settings.system} cannot be given latents`);
  const part = (index: number) => graph.input(`given.${index}`, 'float32', [batch, latents, layout.width]);
  if (layout.kind === 'rows')
    return { kind: 'rows', rows, latents_RD: reshape(part(0), [batch * latents, layout.width]), z_RD: null };
  const { keyValueHeads, headWidth } = headShape(base.config);
  const heads = (x_BNW: Tensor) => transpose(reshape(x_BNW, [batch, latents, keyValueHeads, headWidth]), [0, 2, 1, 3]);
  const entries = exchangedLayers(settings).map((layer, index): [number, CacheEntries] => [
    layer,
    {
      k_BGSK: base.turnKeys(heads(part(2 * index)), rows.limit_BQ, 'on'),
      v_BGSK: heads(part(2 * index + 1)),
    },
  ]);
  return { kind: 'entries', rows, entries: new Map(entries), z_RD: null };
}

/** The parts of a source, each [B, N, W]. */
export function exchangedParts({ settings, shape, base }: Building, source: LatentSource): readonly Tensor[] {
  const { batch, latents } = shape;
  if (source.kind === 'none') return [];
  if (source.kind === 'rows') return [reshape(source.latents_RD, [batch, latents, base.config.width])];
  const flat = (x_BGNK: Tensor) => {
    const [groups, headWidth] = [at(x_BGNK.shape, 1), at(x_BGNK.shape, 3)];
    return reshape(transpose(x_BGNK, [0, 2, 1, 3]), [batch, latents, groups * headWidth]);
  };
  return exchangedLayers(settings).flatMap((layer) => {
    const entries = source.entries.get(layer);
    if (entries === undefined) return [];
    return [flat(base.turnKeys(entries.k_BGSK, source.rows.limit_BQ, 'back')), flat(entries.v_BGSK)];
  });
}
