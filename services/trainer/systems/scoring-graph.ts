// What each scored target costs, one by one: for perplexity by position and for choices by likelihood. The same passes as training.
// Legend: T scored rows, V vocabulary.

import { arrangeRows } from '../../tensor/autodiff/index.ts';
import { at, type Graph, gatherElements, logSoftmax, neg } from '../../tensor/graph/index.ts';
import type { BatchShape, TrainingSettings } from './building.ts';
import { rotationRows, startBuilding } from './passes.ts';
import { scoredHidden } from './training-graph.ts';

/** Inputs as of training; output `nats` [T, 1]: -log softmax at the target, natural logarithm, in the order of the scored rows. */
export function scoringGraph(settings: TrainingSettings, shape: BatchShape): Graph {
  // nothing is trained here, so the Base pass needs no loss of its own
  const building = startBuilding({ ...settings, prefixLmLossWeight: 0 }, shape, rotationRows(shape));
  const { graph, base } = building;
  const { hidden_RD } = scoredHidden(building);
  const forward = graph.input('scored.forward', 'int64', [shape.scored]);
  const backward = graph.input('scored.backward', 'int64', [at(hidden_RD.shape, 0)]);
  const logits_TV = base.logits(arrangeRows(hidden_RD, forward, backward));
  const targets_T1 = graph.input('scored.targets', 'int64', [shape.scored, 1]);
  graph.output('nats', neg(gatherElements(logSoftmax(logits_TV), targets_T1)));
  return graph;
}
