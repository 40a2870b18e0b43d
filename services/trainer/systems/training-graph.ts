// The training step of every system as one graph: the passes, the loss over scored rows, the gradients.
// Legend: S prefix length, T scored rows, R rows, D width, V vocabulary.

import { systemTraits } from '../../study/systems/index.ts';
import { arrangeRows, crossEntropy, gradients } from '../../tensor/autodiff/index.ts';
import {
  add,
  at,
  type Graph,
  isZeros,
  reshape,
  scale,
  scatterAdd,
  slice,
  type Tensor,
  withAddend,
} from '../../tensor/graph/index.ts';
import type { BatchShape, Building, TrainingSettings } from './building.ts';

import { objectiveTerms } from './objective-terms.ts';
import { attentionShares } from './observation-graph.ts';
import { systemParameters } from './parameters.ts';
import { plainPass, rotationRows, type SitePasses, sitePasses, startBuilding } from './passes.ts';

/** `loss`: value only. `attention`: that and where the rows after the latents look. `gradients`: also `grad.<name>` of every trained tensor. `accumulate`: grad = `sum.<name>` + gradient. */
export type GraphPurpose = 'loss' | 'gradients' | 'accumulate' | 'inspect' | 'attention';

/**
 * The graph of one batch shape. Inputs: parameters by name and the arrays of batch-arrays.ts; outputs: `loss`
 * (the batch's share: weights carry 1 / targets), `term.<kind>` of the objectives that the batch has something for (unweighted), `grad.<name>`
 * of what the cross-entropy plus the weighted terms depend on, for `inspect` also `logits` [T, V], and for
 * `attention` instead of gradients `attention.<layer>` (observation-graph.ts).
 * @param givenLatents are inputs (exchange.ts)
 */
export function trainingGraph(
  settings: TrainingSettings,
  shape: BatchShape,
  purpose: GraphPurpose,
  givenLatents = false,
): Graph {
  const building = startBuilding(settings, shape, rotationRows(shape), {
    givenLatents,
    forwardOnly: purpose === 'loss' || purpose === 'attention',
    ...(purpose === 'attention' ? { observe: outputShares(shape) } : {}),
  });
  const { graph, base } = building;
  const { hidden_RD, prefixHidden_RD, passes } = scoredHidden(building);

  const forward = graph.input('scored.forward', 'int64', [shape.scored]);
  const backward = graph.input('scored.backward', 'int64', [at(hidden_RD.shape, 0)]);
  const logits_TV = base.logits(arrangeRows(hidden_RD, forward, backward));
  const targets_T1 = graph.input('scored.targets', 'int64', [shape.scored, 1]);
  const weights_T1 = graph.input('scored.weights', 'float32', [shape.scored, 1]);
  const siteLoss = crossEntropy(logits_TV, targets_T1, weights_T1);
  const loss = prefixHidden_RD === null ? siteLoss : add(siteLoss, prefixLoss(building, prefixHidden_RD));

  graph.output('loss', loss);
  if (purpose === 'inspect') graph.output('logits', logits_TV);
  if (purpose === 'loss' || purpose === 'attention') return graph;
  const trained = systemParameters(settings).filter((parameter) => parameter.trained);
  const byTensor = gradients(
    passes === null ? loss : withTerms(building, passes, loss),
    trained.map(({ name }) => building.parameter(name)),
  );
  for (const { name, shape: size } of trained) {
    const gradient = byTensor.get(building.parameter(name));
    // ONNX Runtime would fold it to a constant and copy that from the host, the size of the parameter in every run
    if (!gradient || isZeros(gradient)) continue;
    const scattered = scatteredRows(gradient);
    const startsFromSum = purpose === 'accumulate' || (scattered !== null && isZeros(scattered.onto));
    const total = startsFromSum ? addTo(graph.input(`sum.${name}`, 'float32', size), gradient) : gradient;
    graph.output(`grad.${name}`, total);
    // bound to the same memory, so that the rows are added where the rest lies already
    const onto = scatteredRows(total)?.onto;
    if (onto?.source.kind === 'node') graph.output(`part.${name}`, onto);
  }
  return graph;
}

/** The optimised loss; a term of weight 0 is written and changes no bit. */
function withTerms(building: Building, passes: SitePasses, loss: Tensor): Tensor {
  const terms = objectiveTerms(building, passes);
  return (building.settings.objectives ?? []).reduce((total, { kind, weight }) => {
    const term = terms.get(kind);
    if (term === undefined) return total;
    building.graph.output(`term.${kind}`, term);
    return weight === 0 ? total : add(total, scale(term, weight));
  }, loss);
}

const outputShares = (shape: BatchShape) => (layer: number, weights_BHQS: Tensor) =>
  weights_BHQS.graph.output(`attention.${layer}`, attentionShares(weights_BHQS, shape));

/** sum + gradient; what is scattered or multiplied is added where the sum lies, without an array of its own. */
function addTo(sum: Tensor, gradient: Tensor): Tensor {
  const rows = scatteredRows(gradient);
  if (rows !== null) return scatterAdd(isZeros(rows.onto) ? sum : addTo(sum, rows.onto), rows.indices, rows.updates, 0);
  const { source } = gradient;
  const isProduct = source.kind === 'node' && source.node.op === 'Gemm' && source.node.inputs.length === 2;
  // on a GPU the product would first copy the sum onto itself
  return isProduct && sum.graph.device === 'cpu' ? withAddend(source.node, sum) : add(sum, gradient);
}

/** The parts of a gradient that is zero or a sum except at some rows of an embedding. */
function scatteredRows({ source }: Tensor) {
  if (source.kind !== 'node' || source.node.op !== 'ScatterElements') return null;
  const [onto, indices, updates] = source.node.inputs;
  return onto && indices && updates ? { onto, indices, updates } : null;
}

interface Hidden {
  /** Rows among which the scored ones are found. */
  readonly hidden_RD: Tensor;
  /** Rows of the Base pass where the prefix loss is asked for. */
  readonly prefixHidden_RD: Tensor | null;
  /** Null in plain systems. */
  readonly passes: SitePasses | null;
}

export function scoredHidden(building: Building): Hidden {
  const { settings } = building;
  if (systemTraits(settings.system).plain)
    return { hidden_RD: plainPass(building).hidden_RD, prefixHidden_RD: null, passes: null };
  const passes = sitePasses(building);
  const { first, decoding } = passes;
  return {
    hidden_RD: decoding.hidden_RD,
    prefixHidden_RD: settings.prefixLmLossWeight > 0 ? first.hidden_RD : null,
    passes,
  };
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
