// The passes of docs/design/probe.md section 5 as graph nodes: Base over the prefix, latents, Base over the decoding rows.
// Training and generation are both built from them, so that they cannot differ.
// Reading order: plainPass, then sitePasses, then latents.ts for where the latents come from.
// Legend: B batch, S prefix length, M sites, N latents, A decoding rows per site (query and ahead), R rows, D width.
import { computedModel, systemTraits, trainsThroughCache } from '../../study/systems/index.ts';
import { stopGradient } from '../../tensor/autodiff/index.ts';
import { at, concat, expand, Graph, reshape, type Tensor } from '../../tensor/graph/index.ts';
import {
  type CacheEntries,
  createModel,
  type LayerPast,
  type Model,
  type PassResult,
  pastEntries,
} from '../models/index.ts';
import type { BatchShape, Building, BuildOptions, TrainingSettings } from './building.ts';

import type { LatentSource } from './latent-source.ts';
import { latentSource } from './latents.ts';
import { systemParameters } from './parameters.ts';
import { causalMask, concatRows, inputRows, type Rows, rowMask, rowPositions } from './rows.ts';

/** @param positionCount one more than the largest position of any row, and not below the rows of any pass */
export function startBuilding(
  settings: TrainingSettings,
  shape: BatchShape,
  positionCount = rotationRows(shape),
  options: BuildOptions = {},
): Building {
  const graph = new Graph({
    device: settings.device,
    recomputes: settings.recompute === true,
    products: settings.precision === 'bf16' ? 'bf16' : 'fp32',
    forwardOnly: options.forwardOnly === true,
  });
  const model = computedModel(settings.system, settings.model);
  const inputs = new Map(
    systemParameters(settings).map(({ name, shape: size }) => [name, { size, tensor: null as Tensor | null }]),
  );
  const parameter = (name: string): Tensor => {
    const known = inputs.get(name);
    if (!known) throw new TypeError(`system ${settings.system} has no parameter ${name}`);
    known.tensor ??= graph.input(name, 'float32', known.size);
    return known.tensor;
  };
  return {
    graph,
    settings,
    shape,
    base: createModel(model, (name) => parameter(`base.${name}`), positionCount),
    coprocessor: createModel(model, (name) => parameter(`coprocessor.${name}`), positionCount),
    parameter,
    options,
  };
}

/** ONNX Runtime wants rotation tables at least as long as a pass has rows, also where many sites share few positions. */
export function rotationRows({ prefix, sites, latents, ahead }: BatchShape): number {
  return Math.max(prefix + latents + ahead + 1, sites * (latents + ahead));
}

/** A plain language model over whole sequences: the Base pass is all there is. */
export function plainPass({ graph, shape, base }: Building): PassResult {
  return graph.within('base', () =>
    causalPass(base, base.embed(graph.input('prefix.ids', 'int64', [shape.batch, shape.prefix])), shape),
  );
}

/** The Base over the whole prefix. */
function causalPass(base: Model, rows_RD: Tensor, { batch, prefix }: Pick<BatchShape, 'batch' | 'prefix'>): PassResult {
  const mask = causalMask(rows_RD.graph, prefix);
  return base.run({
    rows_RD,
    positions: { firstPositions: prefix },
    batch,
    queries: prefix,
    past: () => pastEntries([], mask),
  });
}

export interface SitePasses {
  /** Base over the prefix, with the gradient it really has. */
  readonly first: PassResult;
  readonly latents: LatentSource;
  /** Base over the latents (where they are rows), then the query and the ahead tokens of every site. */
  readonly decoding: PassResult;
}

/** Base pass and latents: what comes before decoding. */
export function latentPasses(building: Building) {
  const { graph, settings, shape, base } = building;
  const { batch, prefix } = shape;
  const pass = () => causalPass(base, base.embed(graph.input('prefix.ids', 'int64', [batch, prefix])), shape);
  // nothing that is trained lies before a frozen Base
  const first = graph.within('base', () =>
    systemTraits(settings.system).trainsBase ? pass() : graph.forwardOnly(pass),
  );
  const keepsGradient = trainsThroughCache(settings.system, settings.gradThroughCache);
  const prefixCache = keepsGradient ? first.cache : first.cache.map(stopEntries);
  const latents = graph.within('latents', () => latentSource(building, prefixCache, first.hidden_RD));
  return { first, prefixCache, latents };
}

/** Base pass, latents, decoding pass. */
export function sitePasses(building: Building): SitePasses {
  const { graph, shape } = building;
  const { batch, sites } = shape;
  const { first, prefixCache, latents } = latentPasses(building);
  const decoding = graph.within('decoding', () => {
    const decodeRows = inputRows(graph, 'decode', batch, sites * shape.ahead);
    return decodingPass(building, prefixCache, latents, decodeRows, decodingEmbeddings(building));
  });
  return { first, latents, decoding };
}

function decodingPass(
  building: Building,
  prefixCache: readonly CacheEntries[],
  latents: LatentSource,
  decodeRows: Rows,
  embeddings_RD: Tensor,
): PassResult {
  const { shape, base } = building;
  const { observe } = building.options;
  const over = (rows: Rows, rows_RD: Tensor, past: (layer: number) => LayerPast) =>
    base.run({
      rows_RD,
      positions: rowPositions(rows),
      batch: shape.batch,
      queries: rows.count,
      past: (layer) => (observe ? { ...past(layer), observe: (weights) => observe(layer, weights) } : past(layer)),
    });
  const alone = (rows: Rows) => {
    const mask = rowMask(rows, shape.prefix, rows);
    return (layer: number): LayerPast => pastEntries([at(prefixCache, layer)], mask);
  };
  switch (latents.kind) {
    case 'none':
      return over(decodeRows, embeddings_RD, alone(decodeRows));
    case 'rows': {
      const rows = concatRows([latents.rows, decodeRows]);
      const byBatch = (x_RD: Tensor, count: number) => reshape(x_RD, [shape.batch, count, base.config.width]);
      const x_BQD = concat(
        [byBatch(latents.latents_RD, latents.rows.count), byBatch(embeddings_RD, decodeRows.count)],
        1,
      );
      return over(rows, reshape(x_BQD, [shape.batch * rows.count, base.config.width]), alone(rows));
    }
    case 'entries': {
      const mask = rowMask(decodeRows, shape.prefix, concatRows([latents.rows, decodeRows]));
      const without = alone(decodeRows);
      return over(decodeRows, embeddings_RD, (layer) => {
        const entries = latents.entries.get(layer);
        return entries ? pastEntries([at(prefixCache, layer), entries], mask) : without(layer);
      });
    }
  }
}

const stopEntries = ({ k_BGSK, v_BGSK }: CacheEntries): CacheEntries => ({
  k_BGSK: stopGradient(k_BGSK),
  v_BGSK: stopGradient(v_BGSK),
});

/** Query row and ahead tokens of every site, [B * M * A, D]. */
function decodingEmbeddings({ graph, settings, shape, base, parameter }: Building): Tensor {
  const { batch, sites, ahead } = shape;
  const { width } = base.config;
  if (settings.query !== 'marker') return base.embed(graph.input('decode.ids', 'int64', [batch, sites, ahead]));
  const query = expand(reshape(parameter('query_token'), [1, 1, 1, width]), [batch, sites, 1, width]);
  if (ahead === 1) return reshape(query, [batch * sites, width]);
  const tokens = base.embed(graph.input('decode.ids', 'int64', [batch, sites, ahead - 1]));
  return reshape(concat([query, reshape(tokens, [batch, sites, ahead - 1, width])], 2), [batch * sites * ahead, width]);
}
