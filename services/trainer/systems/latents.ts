// Where a system's latents come from (docs/design/probe.md section 5, step 2), and in which form the Base gets them:
// as input rows, or as cache entries of some layers.
// Legend: B batch, S prefix length, M sites, N latent slots, D width, G key/value heads, K head width, r bottleneck rank.

import { exchangedLayers, systemTraits } from '../../study/systems/index.ts';
import { at, concat, expand, gather, gemm, reshape, slice, type Tensor, transpose } from '../../tensor/graph/index.ts';
import { type CacheEntries, joinEntries, pastEntries } from '../models/index.ts';
import type { Building } from './building.ts';

import { givenLatents } from './exchange.ts';
import type { LatentSource } from './latent-source.ts';
import { concatRows, inputRows, type Rows, rowMask, rowPositions, sliceRows } from './rows.ts';

/** @param hidden_RD final hidden states of the Base pass (coconut starts from them) */
export function latentSource(
  building: Building,
  prefixCache: readonly CacheEntries[],
  hidden_RD: Tensor,
): LatentSource {
  const { graph, settings, shape } = building;
  const facts = systemTraits(settings.system);
  if (shape.latents === 0 || facts.latentSource === 'none') return { kind: 'none' };
  const rows = inputRows(graph, 'latents', shape.batch, shape.sites * shape.latents);
  if (building.options.givenLatents === true) return givenLatents(building, rows);
  if (facts.latentSource === 'own_hidden')
    return { kind: 'entries', rows, values: null, ...ownHiddenEntries(building, rows, prefixCache, hidden_RD) };
  const soft_RD = softRows(building);
  if (!(systemTraits(settings.system).coprocessor !== null))
    return { kind: 'rows', rows, latents_RD: soft_RD, z_RD: soft_RD };

  const mask = rowMask(rows, shape.prefix, rows);
  const { hidden_RD: z_RD, cache } = building.coprocessor.run({
    rows_RD: soft_RD,
    positions: rowPositions(rows),
    batch: shape.batch,
    queries: rows.count,
    past: (layer) => pastEntries([at(prefixCache, layer)], mask),
  });
  if (facts.latentSource === 'coprocessor_embedding')
    return { kind: 'rows', rows, latents_RD: bottleneck(building, z_RD, 'z'), z_RD };
  const selected = exchangedLayers(settings.system, settings.channel, building.coprocessor.config.layers);
  return {
    kind: 'entries',
    rows,
    entries: new Map(selected.map((layer) => [layer, narrowEntries(building, at(cache, layer), layer)])),
    values: selected.map((layer) => at(cache, layer).v_BGSK),
    z_RD,
  };
}

/** The first N soft tokens for every site, [B * M * N, D]; `pause` repeats its only row. */
function softRows({ settings, shape, parameter, base }: Building): Tensor {
  const table = parameter('soft_tokens');
  const { width } = base.config;
  const used = systemTraits(settings.system).oneSoftRow ? table : slice(table, 0, 0, shape.latents);
  const rows = expand(reshape(used, [1, at(used.shape, 0), width]), [shape.batch * shape.sites, shape.latents, width]);
  return reshape(rows, [shape.batch * shape.sites * shape.latents, width]);
}

/** Down and up projection of what is exchanged, where the channel has a rank. */
function bottleneck({ settings, parameter }: Building, v_RW: Tensor, what: string): Tensor {
  if ((settings.channel?.rank ?? null) === null) return v_RW;
  return gemm(gemm(v_RW, parameter(`channel.${what}.down`)), parameter(`channel.${what}.up`));
}

function narrowEntries(building: Building, { k_BGSK, v_BGSK }: CacheEntries, layer: number): CacheEntries {
  if ((building.settings.channel?.rank ?? null) === null) return { k_BGSK, v_BGSK };
  const narrow = (x_BGSK: Tensor, what: string) => {
    const [batch, groups, rows, headWidth] = [
      at(x_BGSK.shape, 0),
      at(x_BGSK.shape, 1),
      at(x_BGSK.shape, 2),
      at(x_BGSK.shape, 3),
    ];
    const flat = reshape(transpose(x_BGSK, [0, 2, 1, 3]), [batch * rows, groups * headWidth]);
    return transpose(
      reshape(bottleneck(building, flat, `${what}.${layer}`), [batch, rows, groups, headWidth]),
      [0, 2, 1, 3],
    );
  };
  return { k_BGSK: narrow(k_BGSK, 'k'), v_BGSK: narrow(v_BGSK, 'v') };
}

/**
 * Coconut: the Base reads its own last hidden state N times; what stays are the cache entries of these rows.
 * Input `prefix.last` [B]: index of each item's last question row among the [B * S] rows of the Base pass.
 */
function ownHiddenEntries(
  building: Building,
  rows: Rows,
  prefixCache: readonly CacheEntries[],
  hidden_RD: Tensor,
): { readonly entries: ReadonlyMap<number, CacheEntries>; readonly z_RD: Tensor } {
  const { graph, shape, base } = building;
  const steps: (readonly CacheEntries[])[] = [];
  const read: Tensor[] = [];
  let z_BD = gather(hidden_RD, graph.input('prefix.last', 'int64', [shape.batch]));
  for (let step = 0; step < shape.latents; step++) {
    const row = sliceRows(rows, step, step + 1);
    const mask = rowMask(row, shape.prefix, step === 0 ? row : concatRows([sliceRows(rows, 0, step), row]));
    const earlier = [...steps];
    const past = (layer: number) =>
      pastEntries([at(prefixCache, layer), ...earlier.map((cache) => at(cache, layer))], mask);
    read.push(reshape(z_BD, [shape.batch, 1, base.config.width]));
    const result = base.run({ rows_RD: z_BD, positions: rowPositions(row), batch: shape.batch, queries: 1, past });
    steps.push(result.cache);
    z_BD = result.hidden_RD;
  }
  return {
    entries: new Map(prefixCache.map((_, layer) => [layer, joinEntries(steps.map((cache) => at(cache, layer)))])),
    z_RD: reshape(concat(read, 1), [shape.batch * shape.latents, base.config.width]),
  };
}
