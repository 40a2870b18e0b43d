// Random ProsQA graphs (study.md section 6): a fit of the published algorithm to the published problems, because the algorithm as printed
// does not reproduce their statistics. Pure in its random source; knows nothing of words.

import type { Draws } from '../random/draws.ts';

/** A question over a graph: which of two sinks is `root` above? Node 0 and node 1 are the two roots. */
export interface ProsqaGraph {
  readonly nodes: number;
  /** [parent, child], each once, in order of the child. */
  readonly edges: readonly (readonly [number, number])[];
  readonly root: 0 | 1;
  readonly target: number;
  readonly distractor: number;
  /** One shortest path root .. target, nodes in order. */
  readonly path: readonly number[];
}

/** Mean of the Poisson number of parents, before it is conditioned on being at least 1 (study.md section 6, fit). */
const MEAN_PARENTS = 1.5;
/** Share of non-root nodes without parents, measured on the published problems. */
const PARENTLESS = 0.027;
const ONE_SIDE = 0.35;
const DEPTH_WEIGHT = 1.5;
/** Standard deviation of the published node counts, whose mean is 22.8. */
const NODES_DEVIATION = 2;
const LONGEST_PATH = 6;
/** Graphs below this mean size seldom have paths of 3, so paths of 2 are admitted there. */
export const SMALL_GRAPH = 12;
/** Labels: which of the roots 0 (bit 1) and 1 (bit 2) a node lies below. */
const LABEL_0 = 1;
const LABEL_1 = 2;

/** Draws graphs until one has a question. @param meanNodes at least 5 */
export function drawProsqaGraph(source: Draws, meanNodes: number): ProsqaGraph {
  for (;;) {
    const graph = questionOver(source, growGraph(source, drawNodeCount(source, meanNodes)), meanNodes);
    if (graph !== null) return graph;
  }
}

function drawNodeCount(source: Draws, meanNodes: number): number {
  const deviation = Math.min(NODES_DEVIATION, meanNodes / SMALL_GRAPH);
  const drawn = Math.round(meanNodes + deviation * source.normal());
  return Math.min(Math.max(drawn, 5, Math.ceil(meanNodes - 4 * deviation)), Math.floor(meanNodes + 3 * deviation));
}

interface Grown {
  /** Parents by node. */
  readonly parents: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

function growGraph(source: Draws, nodes: number): Grown {
  const parents: number[][] = [[], []];
  const labels = [LABEL_0, LABEL_1];
  const depths = [0, 0];
  for (let node = 2; node < nodes; node++) {
    const chosen = source.uniform() < PARENTLESS ? [] : drawParents(source, labels, depths);
    parents.push(chosen);
    labels.push(chosen.reduce((label, parent) => label | (labels[parent] ?? 0), 0));
    depths.push(chosen.length === 0 ? 0 : 1 + Math.min(...chosen.map((parent) => depths[parent] ?? 0)));
  }
  return { parents, labels };
}

function drawParents(source: Draws, labels: readonly number[], depths: readonly number[]): number[] {
  const count = drawPositivePoisson(source, MEAN_PARENTS);
  const u = source.uniform();
  const excluded = u <= ONE_SIDE ? LABEL_1 : u <= 2 * ONE_SIDE ? LABEL_0 : 0;
  const candidates = labels.flatMap((label, node) => ((label & excluded) === 0 ? [node] : []));
  const chosen: number[] = [];
  while (chosen.length < count && candidates.length > 0) {
    const at = drawWeighted(
      source,
      candidates.map((node) => DEPTH_WEIGHT * (depths[node] ?? 0) + 1),
    );
    chosen.push(...candidates.splice(at, 1));
  }
  return chosen;
}

function drawPositivePoisson(source: Draws, mean: number): number {
  for (;;) {
    // Knuth's product of uniforms
    let count = 0;
    for (let product = source.uniform(); product > Math.exp(-mean); product *= source.uniform()) count++;
    if (count > 0) return count;
  }
}

function drawWeighted(source: Draws, weights: readonly number[]): number {
  let rest = source.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return index;
  }
  return weights.length - 1;
}

/** @returns null when a side has no exclusive sink or the path is too short or too long */
function questionOver(source: Draws, { parents, labels }: Grown, meanNodes: number): ProsqaGraph | null {
  const hasChild = new Set(parents.flat());
  const sinksOf = (label: number): number[] =>
    labels.flatMap((own, node) => (own === label && node > 1 && !hasChild.has(node) ? [node] : []));
  const sides = ([0, 1] as const).map((root) => {
    const before = shortestPathsFrom(root, parents);
    const sinks = sinksOf(root === 0 ? LABEL_0 : LABEL_1).map((node) => ({ node, path: pathTo(node, before) }));
    return { root, sinks, depth: Math.max(0, ...sinks.map(({ path }) => path.length - 1)) };
  });
  const [first, second] = sides;
  if (first === undefined || second === undefined || first.sinks.length === 0 || second.sinks.length === 0) return null;
  const [asked, other] = first.depth > second.depth ? [first, second] : [second, first];
  if (asked.depth < (meanNodes < SMALL_GRAPH ? 2 : 3) || asked.depth > LONGEST_PATH) return null;
  const deepest = asked.sinks.filter(({ path }) => path.length - 1 === asked.depth);
  const answer = deepest[source.below(deepest.length)];
  const distractor = other.sinks[source.below(other.sinks.length)];
  if (answer === undefined || distractor === undefined) return null;
  return {
    nodes: parents.length,
    edges: parents.flatMap((list, child) => list.map((parent) => [parent, child] as const)),
    root: asked.root,
    target: answer.node,
    distractor: distractor.node,
    path: answer.path,
  };
}

/** For each node reached, the node before it on one shortest path from the root; the root maps to itself. */
function shortestPathsFrom(root: number, parents: readonly (readonly number[])[]): ReadonlyMap<number, number> {
  const before = new Map([[root, root]]);
  const queue = [root];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const [child, list] of parents.entries()) {
      if (before.has(child) || !list.includes(node)) continue;
      before.set(child, node);
      queue.push(child);
    }
  }
  return before;
}

function pathTo(node: number, before: ReadonlyMap<number, number>): number[] {
  const path = [node];
  for (let at = node; ; ) {
    const previous = before.get(at);
    if (previous === undefined || previous === at) return path.reverse();
    path.push(previous);
    at = previous;
  }
}
