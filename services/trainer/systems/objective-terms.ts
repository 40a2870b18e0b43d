// Terms of the loss beside the cross-entropy, which shape the latents (docs/design/study.md section 12). Never part of an evaluation.
// Legend: B batch, M sites, N latent slots, G = B * M sites of all rows, D width, Q replaced steps, T rows of the step decoder.

import type { Objective } from '../../study/settings/index.ts';
import { OWN_HEAD, STEP_DECODER, systemTraits } from '../../study/systems/index.ts';
import { arrangeRows, crossEntropy, stopGradient } from '../../tensor/autodiff/index.ts';
import {
  add,
  at,
  batchMatMul,
  concat,
  div,
  greater,
  mul,
  reduceSum,
  reshape,
  scale,
  slice,
  sqrt,
  type Tensor,
  transpose,
  where,
} from '../../tensor/graph/index.ts';
import { createModel, pastEntries, tokenEmbeddingName } from '../models/index.ts';
import type { Building } from './building.ts';
import { stepDecoderModel } from './parameters.ts';
import type { SitePasses } from './passes.ts';
import { causalMask } from './rows.ts';

/** Square of the least length by which a cosine divides. */
const LEAST_SQUARE = 1e-16;

/** The batch's share of every term, unweighted; a term that this batch has nothing for is absent and counts as 0. */
export function objectiveTerms(building: Building, passes: SitePasses): ReadonlyMap<Objective['kind'], Tensor> {
  const { settings, shape } = building;
  const terms = new Map<Objective['kind'], Tensor>();
  if (shape.latents === 0) return terms;
  for (const { kind } of settings.objectives ?? []) {
    if (kind === 'orthogonality' && shape.latents > 1) terms.set(kind, orthogonality(building, passes));
    if (kind === 'steps' && shape.steps !== undefined) terms.set(kind, replacedSteps(building, passes));
  }
  return terms;
}

/** Mean of cos(z_i, z_j)^2 over pairs, sites, and the exchanged layers where the latents are cache entries. */
function orthogonality(building: Building, passes: SitePasses): Tensor {
  const { graph, shape } = building;
  const { batch, sites, latents } = shape;
  const weights_GNN = graph.input('pairs.weights', 'float32', [batch * sites, latents, latents]);
  const layers = comparedRows(building, passes).map((z_RD) => {
    const z_GND = reshape(z_RD, [batch * sites, latents, at(z_RD.shape, 1)]);
    const square_GN1 = reduceSum(mul(z_GND, z_GND), [2], true);
    const least = graph.scalar(LEAST_SQUARE);
    const unit_GND = div(z_GND, sqrt(where(greater(square_GN1, least), square_GN1, least)));
    const cosine_GNN = batchMatMul(unit_GND, unit_GND, { transB: true });
    return reduceSum(mul(mul(cosine_GNN, cosine_GNN), weights_GNN), [0, 1, 2]);
  });
  const sum = layers.slice(1).reduce(add, at(layers, 0));
  return layers.length === 1 ? sum : scale(sum, 1 / layers.length);
}

/** Rows that are compared with each other: one set, or one for each exchanged layer. */
function comparedRows(building: Building, passes: SitePasses): readonly Tensor[] {
  const { latents } = passes;
  if (latents.kind !== 'entries' || latents.values === null) return [latentRows(building, passes)];
  return latents.values.map((v_BGNK) => {
    const [batch, groups, rows, headWidth] = [0, 1, 2, 3].map((axis) => at(v_BGNK.shape, axis)) as [
      number,
      number,
      number,
      number,
    ];
    return reshape(transpose(v_BGNK, [0, 2, 1, 3]), [batch * rows, groups * headWidth]);
  });
}

/** The hidden states that the latents are, [B * M * N, D]. */
function latentRows({ settings, shape, base }: Building, { latents, decoding }: SitePasses): Tensor {
  if (systemTraits(settings.system).latentSource !== 'soft_tokens') {
    if (latents.kind === 'none' || latents.z_RD === null) throw new TypeError(`${settings.system} has no latent rows`);
    return latents.z_RD;
  }
  const { batch, sites } = shape;
  const { width } = base.config;
  const count = sites * shape.latents;
  const hidden_BQD = reshape(decoding.hidden_RD, [batch, count + sites * shape.ahead, width]);
  return reshape(slice(hidden_BQD, 1, 0, count), [batch * count, width]);
}

/** Mean cross-entropy of the replaced steps' tokens, read off their latents by the step decoder. */
function replacedSteps(building: Building, passes: SitePasses): Tensor {
  const { graph, settings, shape, base, parameter } = building;
  const config = stepDecoderModel(settings);
  if (shape.steps === undefined || config === null) throw new TypeError('there is no replaced step');
  const { sequences, latents, tokens, scored } = shape.steps;
  const rows = latents + tokens - 1;
  const ofBase = [tokenEmbeddingName(config), OWN_HEAD];
  const decoder = createModel(
    config,
    (name) => (ofBase.includes(name) ? stopGradient(parameter(`base.${name}`)) : parameter(`${STEP_DECODER}${name}`)),
    rows,
  );
  const index = (name: string, size: readonly number[]) => graph.input(`steps.${name}`, 'int64', size);
  const z_RD = latentRows(building, passes);
  const used_RD = arrangeRows(
    z_RD,
    index('forward', [sequences * latents]),
    index('backward', [shape.batch * shape.latents]),
  );
  const { width } = base.config;
  const latents_QND = reshape(used_RD, [sequences, latents, width]);
  const rows_QTD =
    tokens === 1
      ? latents_QND
      : concat(
          [latents_QND, reshape(decoder.embed(index('ids', [sequences, tokens - 1])), [sequences, tokens - 1, width])],
          1,
        );
  const mask = causalMask(graph, rows);
  const { hidden_RD } = decoder.run({
    rows_RD: reshape(rows_QTD, [sequences * rows, width]),
    positions: { firstPositions: rows },
    batch: sequences,
    queries: rows,
    past: () => pastEntries([], mask),
  });
  const logits_TV = decoder.logits(
    arrangeRows(hidden_RD, index('scored.forward', [scored]), index('scored.backward', [sequences * rows])),
  );
  const weights_T1 = graph.input('steps.scored.weights', 'float32', [scored, 1]);
  return crossEntropy(logits_TV, index('scored.targets', [scored, 1]), weights_T1);
}
