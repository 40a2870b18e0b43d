// What can be seen of the latents without decoding: the numbers they hand to the Base, and their last hidden layer.
// Legend: B items, N latent slots, D width, Q decoding rows, S keys of a pass.

import {
  at,
  concat,
  type Graph,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  type Tensor,
} from '../../tensor/graph/index.ts';
import type { BatchShape, TrainingSettings } from './building.ts';
import { exchangedParts } from './exchange.ts';
import type { GenerationShape } from './generation-graph.ts';
import { latentPasses, rotationRows, startBuilding } from './passes.ts';

/** Inputs as of a prefill; outputs `exchanged.<part>` [B, N, W] (exchange.ts) and `z` [B, N, D]. N is at least 1. */
export function observationGraph(settings: TrainingSettings, shape: Omit<GenerationShape, 'generated'>): Graph {
  const { batch, prefix, latents } = shape;
  const sites = { batch, prefix, sites: 1, latents, ahead: 1, scored: batch };
  const building = startBuilding(settings, sites, rotationRows(sites), { forwardOnly: true });
  const { graph, base } = building;
  const { latents: source } = latentPasses(building);
  if (source.kind === 'none' || source.z_RD === null) throw new TypeError(`${settings.system} has no latents to see`);
  exchangedParts(building, source).forEach((part, index) => graph.output(`exchanged.${index}`, part));
  graph.output('z', reshape(source.z_RD, [batch, latents, base.config.width]));
  return graph;
}

/**
 * Where the rows after the latents look, mean over heads: [B, A, 3], the shares of the question, of the latents, and of themselves.
 * @param weights_BHQS of one layer of the decoding pass; a layer that exchanges nothing has no latent keys
 */
export function attentionShares(weights_BHQS: Tensor, { batch, prefix, latents, ahead }: BatchShape): Tensor {
  const [rows, keys] = [at(weights_BHQS.shape, 2), at(weights_BHQS.shape, 3)];
  const own = slice(weights_BHQS, 2, rows - ahead, rows);
  const after = keys - ahead;
  const share = (from: number, to: number) => (from === to ? null : reduceSum(slice(own, 3, from, to), [3], true));
  const question = share(0, prefix);
  const ofLatents = after - prefix === latents ? share(prefix, after) : null;
  const themselves = share(after, keys);
  if (question === null || themselves === null) throw new TypeError('a decoding pass has no question or no rows');
  const none = () => own.graph.constant(new Float32Array(batch * ahead), [batch, ahead, 1]);
  const mean = (x: Tensor | null) => (x === null ? none() : reshape(reduceMean(x, [1]), [batch, ahead, 1]));
  return concat([mean(question), mean(ofLatents), mean(themselves)], 2);
}
