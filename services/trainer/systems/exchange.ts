// What the latents of an example hand to the Base, as plain numbers that can be read out of one pass and given to another: the hook of
// causal tests. One site per example (M = 1).
// Legend: B batch, N latent slots, P parts, W width of a part, D model width, G key/value heads, K head width.

import { at, reshape, type Tensor, transpose } from '../../tensor/graph/index.ts';
import { type CacheEntries, headShape } from '../models/index.ts';
import type { Building } from './building.ts';
import { entryLayers, latentLayout } from './latent-layout.ts';
import type { LatentSource } from './latent-source.ts';
import type { Rows } from './rows.ts';

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
  const entries = entryLayers(settings).map((layer, index): [number, CacheEntries] => [
    layer,
    {
      k_BGSK: base.rotateKeys(heads(part(2 * index)), rows.limit_BQ, 'on'),
      v_BGSK: heads(part(2 * index + 1)),
    },
  ]);
  return { kind: 'entries', rows, entries: new Map(entries), values: null, z_RD: null };
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
  return entryLayers(settings).flatMap((layer) => {
    const entries = source.entries.get(layer);
    if (entries === undefined) return [];
    return [flat(base.rotateKeys(entries.k_BGSK, source.rows.limit_BQ, 'back')), flat(entries.v_BGSK)];
  });
}
