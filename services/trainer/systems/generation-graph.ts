// Greedy decoding with a key/value cache, as two graphs. The prefill runs the same passes as training, the Coprocessor once, and
// lays every layer's entries into a cache of fixed length; the step reads one token per item and writes its entries in place.
// Cache slots: [prefix | latents | query | generated tokens]; which of them an item sees, its mask says.
// Legend: B items, S prefix slots, N latent slots, C cache slots, G key/value heads, K head width, L layers.

import { computedModel, exchangedLayers, systemTraits } from '../../study/systems/index.ts';
import {
  argMax,
  at,
  type Graph,
  gather,
  replaceRows,
  reshape,
  slice,
  type Tensor,
  zeros,
} from '../../tensor/graph/index.ts';
import { type CacheEntries, headShape, joinEntries } from '../models/index.ts';
import type { Building, TrainingSettings } from './building.ts';

import { plainPass, rotationRows, sitePasses, startBuilding } from './passes.ts';

export interface GenerationShape {
  readonly batch: number;
  readonly prefix: number;
  readonly latents: number;
  /** Slots of generated tokens. */
  readonly generated: number;
}

export const hasQuery = ({ system }: TrainingSettings): boolean => !systemTraits(system).plain;

export function firstGeneratedSlot(settings: TrainingSettings, { prefix, latents }: GenerationShape): number {
  return prefix + latents + (hasQuery(settings) ? 1 : 0);
}

export function cacheSlots(settings: TrainingSettings, shape: GenerationShape): number {
  return firstGeneratedSlot(settings, shape) + shape.generated;
}

/** `givenLatents`: they are inputs (exchange.ts). Inputs as of training with one site per item; outputs `next` int64 [B], the first token, and the cache `k.<layer>`, `v.<layer>` [B, G, C, K]. */
export function prefillGraph(settings: TrainingSettings, shape: GenerationShape, givenLatents = false): Graph {
  const { batch, prefix, latents, generated } = shape;
  const ahead = hasQuery(settings) ? 1 : 0;
  const sites = { batch, prefix, sites: ahead, latents, ahead, scored: batch };
  const building = startBuilding(settings, sites, rotationRows(sites), { givenLatents, forwardOnly: true });
  const { graph, base } = building;
  const { last_BD, cache } = hasQuery(settings) ? sitePrefill(building) : plainPrefill(building);
  graph.output('next', argMax(base.logits(last_BD)));
  const { keyValueHeads, headWidth } = headShape(base.config);
  const room = zeros({ graph }, [batch, keyValueHeads, generated, headWidth]);
  cache.forEach((entries, layer) => {
    const { k_BGSK, v_BGSK } = joinEntries([entries, { k_BGSK: room, v_BGSK: room }]);
    graph.output(`k.${layer}`, k_BGSK);
    graph.output(`v.${layer}`, v_BGSK);
  });
  return graph;
}

interface Prefill {
  /** Hidden state of the row that predicts each item's first token. */
  readonly last_BD: Tensor;
  readonly cache: readonly CacheEntries[];
}

/** Input `prefix.last` [B]: index of each item's last question row among the [B * S] rows. */
function plainPrefill(building: Building): Prefill {
  const { hidden_RD, cache } = plainPass(building);
  return { last_BD: gather(hidden_RD, building.graph.input('prefix.last', 'int64', [building.shape.batch])), cache };
}

function sitePrefill(building: Building): Prefill {
  const { graph, base, shape } = building;
  const { first, latents, decoding } = sitePasses(building);
  const { width } = base.config;
  const rows = at(decoding.hidden_RD.shape, 0) / shape.batch;
  const last_BD = slice(reshape(decoding.hidden_RD, [shape.batch, rows, width]), 1, rows - 1, rows);
  const { keyValueHeads, headWidth } = headShape(base.config);
  const cache = first.cache.map((prefixEntries, layer) => {
    const own = at(decoding.cache, layer);
    if (latents.kind !== 'entries') return joinEntries([prefixEntries, own]);
    const none = () => zeros({ graph }, [shape.batch, keyValueHeads, shape.latents, headWidth]);
    const between = latents.entries.get(layer) ?? { k_BGSK: none(), v_BGSK: none() };
    return joinEntries([prefixEntries, between, own]);
  });
  return { last_BD: reshape(last_BD, [shape.batch, width]), cache };
}

/**
 * One more token of every item. Inputs: `ids` and `positions` int64 [B, 1]; `slots` int64 [B, G, 3], where the new entries go; `mask.latents`
 * [B, 1, 1, C] additive, `mask.rest` the same for layers whose latent slots are empty; the cache. Outputs: `next` int64 [B] and the
 * cache as `k.<layer>.next`, to be bound to the memory of the inputs.
 */
export function stepGraph(settings: TrainingSettings, shape: GenerationShape): Graph {
  const { batch, prefix, latents } = shape;
  const slots = cacheSlots(settings, shape);
  const training = { batch, prefix, sites: 1, latents, ahead: 1, scored: batch };
  const { graph, base } = startBuilding(settings, training, slots, { forwardOnly: true });
  const { keyValueHeads, headWidth } = headShape(base.config);
  const indices = graph.input('slots', 'int64', [batch, keyValueHeads, 3]);
  const mask = (name: string) => graph.input(`mask.${name}`, 'float32', [batch, 1, 1, slots]);
  const masks = { latents: mask('latents'), rest: mask('rest') };
  const kvLayers = new Set(exchangedLayers(settings.system, settings.channel, base.config.layers));
  const hasLatents = (layer: number) => settings.channel?.kind !== 'kv' || kvLayers.has(layer);
  const store = (name: string, own_BG1K: Tensor): Tensor => {
    const cache = graph.input(name, 'float32', [batch, keyValueHeads, slots, headWidth]);
    const next = replaceRows(cache, indices, reshape(own_BG1K, [batch, keyValueHeads, headWidth]));
    graph.output(`${name}.next`, next);
    return next;
  };
  const { hidden_RD } = base.run({
    rows_RD: base.embed(graph.input('ids', 'int64', [batch, 1])),
    positions: graph.input('positions', 'int64', [batch, 1]),
    batch,
    queries: 1,
    past: (layer) => ({
      withOwn: ({ k_BGSK, v_BGSK }) => ({ k_BGSK: store(`k.${layer}`, k_BGSK), v_BGSK: store(`v.${layer}`, v_BGSK) }),
      mask: hasLatents(layer) ? masks.latents : masks.rest,
    }),
  });
  graph.output('next', argMax(base.logits(hidden_RD)));
  return graph;
}

/** Cache shape [B, G, C, K] and layer count. */
export function cacheShape(settings: TrainingSettings, shape: GenerationShape) {
  const model = computedModel(settings.system, settings.model);
  const { keyValueHeads, headWidth } = headShape(model);
  return { layers: model.layers, size: [shape.batch, keyValueHeads, cacheSlots(settings, shape), headWidth] } as const;
}
