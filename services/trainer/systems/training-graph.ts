// The training step of every system as one graph: passes of section 5 of probe.md, loss, gradients.
// Reading order: trainingGraph, then plainHidden or siteHidden, then latents.ts for where the latents come from.
// Legend: B batch, S prefix length, M sites, N latents, A decoding rows per site (query and ahead), T scored rows, D width.

import { arrangeRows, crossEntropy, gradients, stopGradient } from '../autodiff/index.ts';
import { add, at, concat, expand, Graph, reshape, slice, type Tensor } from '../graph/index.ts';
import { type CacheEntries, createModel, type LayerPast, type Model } from '../models/index.ts';
import { computedModel, SYSTEM_FACTS } from './describe.ts';
import { latentSource } from './latents.ts';
import { type SystemSettings, systemParameters } from './parameters.ts';
import { causalMask, concatRows, inputRows, type Rows, rowMask, rowPositions } from './rows.ts';

export interface TrainingSettings extends SystemSettings {
  readonly gradThroughCache: boolean;
  readonly prefixLmLossWeight: number;
}

/** Everything static about a batch; graphs are compiled and cached by it. */
export interface BatchShape {
  readonly batch: number;
  /** Rows of the Base pass; in plain systems the whole sequence. */
  readonly prefix: number;
  readonly sites: number;
  /** Latent slots per site in this batch. */
  readonly latents: number;
  /** Decoding rows per site: the query and the ahead tokens that are read; 0 in plain systems. */
  readonly ahead: number;
  readonly scored: number;
}

/** `loss`: value only. `gradients`: also `grad.<name>` of every trained tensor. `accumulate`: grad = `sum.<name>` + gradient. */
export type GraphPurpose = 'loss' | 'gradients' | 'accumulate' | 'inspect';

export interface Building {
  readonly graph: Graph;
  readonly settings: TrainingSettings;
  readonly shape: BatchShape;
  readonly base: Model;
  readonly coprocessor: Model;
  /** An input by its full name (`base.*`, `soft_tokens`, ...). */
  readonly parameter: (name: string) => Tensor;
}

/**
 * The graph of one batch shape. Inputs: parameters by name and the arrays of batch-arrays.ts; outputs: `loss`
 * (the batch's share: weights carry 1 / targets), `grad.<name>`, and for `inspect` also `logits` [T, V].
 */
export function trainingGraph(settings: TrainingSettings, shape: BatchShape, purpose: GraphPurpose): Graph {
  const building = startBuilding(settings, shape);
  const { graph, base } = building;
  const { hidden_RD, prefixHidden_RD } = SYSTEM_FACTS[settings.system].plain
    ? plainHidden(building)
    : siteHidden(building);

  const forward = graph.input('scored.forward', 'int64', [shape.scored]);
  const backward = graph.input('scored.backward', 'int64', [at(hidden_RD.shape, 0)]);
  const logits_TV = base.logits(arrangeRows(hidden_RD, forward, backward));
  const targets_T1 = graph.input('scored.targets', 'int64', [shape.scored, 1]);
  const weights_T1 = graph.input('scored.weights', 'float32', [shape.scored, 1]);
  const siteLoss = crossEntropy(logits_TV, targets_T1, weights_T1);
  const loss = prefixHidden_RD === null ? siteLoss : add(siteLoss, prefixLoss(building, prefixHidden_RD));

  graph.output('loss', loss);
  if (purpose === 'inspect') graph.output('logits', logits_TV);
  if (purpose === 'loss') return graph;
  const trained = systemParameters(settings).filter((parameter) => parameter.trained);
  const byTensor = gradients(
    loss,
    trained.map(({ name }) => building.parameter(name)),
  );
  for (const { name, shape: size } of trained) {
    const gradient = byTensor.get(building.parameter(name)) ?? graph.scalar(0);
    graph.output(
      `grad.${name}`,
      purpose === 'accumulate' ? add(graph.input(`sum.${name}`, 'float32', size), gradient) : gradient,
    );
  }
  return graph;
}

export function startBuilding(settings: TrainingSettings, shape: BatchShape): Building {
  const graph = new Graph();
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
  const positionCount = shape.prefix + shape.latents + shape.ahead + 1;
  return {
    graph,
    settings,
    shape,
    base: createModel(model, (name) => parameter(`base.${name}`), positionCount),
    coprocessor: createModel(model, (name) => parameter(`coprocessor.${name}`), positionCount),
    parameter,
  };
}

interface Hidden {
  /** Rows among which the scored ones are found. */
  readonly hidden_RD: Tensor;
  /** Rows of the Base pass where the prefix loss is asked for. */
  readonly prefixHidden_RD: Tensor | null;
}

function plainHidden({ graph, shape, base }: Building): Hidden {
  const { hidden_RD } = causalPass(
    base,
    base.embed(graph.input('prefix.ids', 'int64', [shape.batch, shape.prefix])),
    shape,
  );
  return { hidden_RD, prefixHidden_RD: null };
}

/** The Base over the whole prefix. */
export function causalPass(base: Model, rows_RD: Tensor, { batch, prefix }: Pick<BatchShape, 'batch' | 'prefix'>) {
  const mask = causalMask(rows_RD.graph, prefix);
  return base.run({
    rows_RD,
    positions: { firstPositions: prefix },
    batch,
    queries: prefix,
    past: () => ({ entries: [], mask }),
  });
}

/** Base pass, latents, decoding pass. */
function siteHidden(building: Building): Hidden {
  const { graph, settings, shape, base } = building;
  const { batch, prefix, sites } = shape;
  const ids = graph.input('prefix.ids', 'int64', [batch, prefix]);
  const first = causalPass(base, base.embed(ids), shape);
  const keepsGradient = settings.gradThroughCache || settings.system === 'coconut';
  const prefixCache = keepsGradient ? first.cache : first.cache.map(stopEntries);

  const decodeRows = inputRows(graph, 'decode', batch, sites * shape.ahead);
  const source = latentSource(building, prefixCache, first.hidden_RD);
  const decodeEmbeddings = decodingEmbeddings(building);

  const prefixHidden_RD = settings.prefixLmLossWeight > 0 ? first.hidden_RD : null;
  switch (source.kind) {
    case 'none':
      return {
        hidden_RD: decode(
          building,
          decodeRows,
          decodeEmbeddings,
          pastOfPrefix(prefixCache, rowMask(decodeRows, prefix, decodeRows)),
        ),
        prefixHidden_RD,
      };
    case 'rows': {
      const rows = concatRows([source.rows, decodeRows]);
      const x_BQD = concat(
        [
          reshape(source.latents_RD, [batch, source.rows.count, base.config.width]),
          reshape(decodeEmbeddings, [batch, decodeRows.count, base.config.width]),
        ],
        1,
      );
      const x_RD = reshape(x_BQD, [batch * rows.count, base.config.width]);
      return {
        hidden_RD: decode(building, rows, x_RD, pastOfPrefix(prefixCache, rowMask(rows, prefix, rows))),
        prefixHidden_RD,
      };
    }
    case 'entries': {
      const withLatents = rowMask(decodeRows, prefix, concatRows([source.rows, decodeRows]));
      const without = rowMask(decodeRows, prefix, decodeRows);
      const past = (layer: number): LayerPast => {
        const latents = source.entries.get(layer);
        const before = at(prefixCache, layer);
        return latents ? { entries: [before, latents], mask: withLatents } : { entries: [before], mask: without };
      };
      return { hidden_RD: decode(building, decodeRows, decodeEmbeddings, past), prefixHidden_RD };
    }
  }
}

const stopEntries = ({ k_BGSK, v_BGSK }: CacheEntries): CacheEntries => ({
  k_BGSK: stopGradient(k_BGSK),
  v_BGSK: stopGradient(v_BGSK),
});

const pastOfPrefix =
  (cache: readonly CacheEntries[], mask: Tensor) =>
  (layer: number): LayerPast => ({ entries: [at(cache, layer)], mask });

function decode({ base, shape }: Building, rows: Rows, rows_RD: Tensor, past: (layer: number) => LayerPast): Tensor {
  return base.run({ rows_RD, positions: rowPositions(rows), batch: shape.batch, queries: rows.count, past }).hidden_RD;
}

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

/** Next-token loss of the Base pass; the weights carry prefixLmLossWeight / targets. */
function prefixLoss({ graph, shape, base }: Building, hidden_RD: Tensor): Tensor {
  const { batch, prefix } = shape;
  const { width } = base.config;
  const count = batch * (prefix - 1);
  const readers = reshape(slice(reshape(hidden_RD, [batch, prefix, width]), 1, 0, prefix - 1), [count, width]);
  const targets = graph.input('prefix.targets', 'int64', [count, 1]);
  const weights = graph.input('prefix.weights', 'float32', [count, 1]);
  return crossEntropy(base.logits(readers), targets, weights);
}
