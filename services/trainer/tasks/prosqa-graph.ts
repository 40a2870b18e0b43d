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

/**
 * Draws graphs until one has a question.
 * @param meanNodes at least 5
 * @param balanced both options lie equally deep below their roots, so that depth does not give the answer away: in the published problems
 * the target never is a child of its root and the distractor often is, in graphs of 6 nodes 94 times of 100
 */
export function drawProsqaGraph(source: Draws, meanNodes: number, balanced = false): ProsqaGraph {
  for (;;) {
    const grown = growGraph(source, drawNodeCount(source, meanNodes));
    const shortest = meanNodes < SMALL_GRAPH ? 2 : 3;
    const drawOptions = balanced ? equallyDeepPair : publishedPair;
    const pair = drawOptions(source, sidesOf(grown), (depth) => depth >= shortest && depth <= LONGEST_PATH);
    if (pair === null) continue;
    const { root, target, distractor } = pair;
    return {
      nodes: grown.parents.length,
      edges: grown.parents.flatMap((list, child) => list.map((parent) => [parent, child] as const)),
      ...{ root, target: target.node, distractor: distractor.node, path: target.path },
    };
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

interface Sink {
  readonly node: number;
  /** One shortest path from the root of its side. */
  readonly path: readonly number[];
  readonly depth: number;
}

/** A root with the sinks that lie below it alone. */
interface Side {
  readonly root: 0 | 1;
  readonly sinks: readonly Sink[];
}

interface Pair {
  readonly root: 0 | 1;
  readonly target: Sink;
  readonly distractor: Sink;
}

function sidesOf({ parents, labels }: Grown): readonly [Side, Side] {
  const hasChild = new Set(parents.flat());
  const side = (root: 0 | 1, label: number): Side => {
    const before = shortestPathsFrom(root, parents);
    const nodes = labels.flatMap((own, node) => (own === label && node > 1 && !hasChild.has(node) ? [node] : []));
    const sinks = nodes.map((node) => ({ node, path: pathTo(node, before) }));
    return { root, sinks: sinks.map((sink) => ({ ...sink, depth: sink.path.length - 1 })) };
  };
  return [side(0, LABEL_0), side(1, LABEL_1)];
}

type Admits = (depth: number) => boolean;

/** One of the deepest sinks of the deeper side against any of the other side; null when a side has none or the depth is not admitted. */
function publishedPair(source: Draws, [first, second]: readonly [Side, Side], admits: Admits): Pair | null {
  if (first.sinks.length === 0 || second.sinks.length === 0) return null;
  const deepestOf = ({ sinks }: Side): number => Math.max(...sinks.map(({ depth }) => depth));
  const [asked, other] = deepestOf(first) > deepestOf(second) ? [first, second] : [second, first];
  const depth = deepestOf(asked);
  if (!admits(depth)) return null;
  const deepest = asked.sinks.filter((sink) => sink.depth === depth);
  return drawPair(source, asked.root, deepest, other.sinks);
}

/** Sinks of the greatest admitted depth that both sides have, either side being asked about; null when there is none. */
function equallyDeepPair(source: Draws, sides: readonly [Side, Side], admits: Admits): Pair | null {
  const [asked, other] = source.below(2) === 0 ? sides : [sides[1], sides[0]];
  const common = asked.sinks.filter(({ depth }) => admits(depth) && other.sinks.some((sink) => sink.depth === depth));
  if (common.length === 0) return null;
  const depth = Math.max(...common.map((sink) => sink.depth));
  const atDepth = ({ sinks }: Side): readonly Sink[] => sinks.filter((sink) => sink.depth === depth);
  return drawPair(source, asked.root, atDepth(asked), atDepth(other));
}

function drawPair(source: Draws, root: 0 | 1, targets: readonly Sink[], distractors: readonly Sink[]): Pair | null {
  const target = targets[source.below(targets.length)];
  const distractor = distractors[source.below(distractors.length)];
  return target === undefined || distractor === undefined ? null : { root, target, distractor };
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
