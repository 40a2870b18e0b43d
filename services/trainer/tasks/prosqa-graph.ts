// Random ProsQA graphs (docs/design/study.md section 6): a fit of the published algorithm to the published problems, because the algorithm as
// printed does not reproduce their statistics. Pure in its random source; knows nothing of words.

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

/** Mean of the Poisson number of parents, before it is conditioned on being at least 1 (docs/design/study.md section 6, fit). */
const MEAN_PARENTS = 1.5;
/** The chance of none. */
const NO_PARENT = Math.exp(-MEAN_PARENTS);
/** Share of non-root nodes without parents, measured on the published problems. */
const PARENTLESS = 0.027;
const ONE_SIDE = 0.35;
const DEPTH_WEIGHT = 1.5;
/** Standard deviation of the published node counts, whose mean is 22.8. */
const NODES_DEVIATION = 2;
const LONGEST_PATH = 6;
/** Graphs below this mean size seldom have paths of 3, so paths of 2 are admitted there. */
const SMALL_GRAPH = 12;
export const ROOTS = 2;
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
      ...{
        root,
        target: target.node,
        distractor: distractor.node,
        path: shortestPath(root, target.node, grown.parents),
      },
    };
  }
}

function drawNodeCount(source: Draws, meanNodes: number): number {
  const deviation = deviationOf(meanNodes);
  const drawn = Math.round(meanNodes + deviation * source.normal());
  return Math.min(Math.max(drawn, 5, Math.ceil(meanNodes - 4 * deviation)), mostNodes(meanNodes));
}

/** The largest graph that is drawn. */
export const mostNodes = (meanNodes: number): number => Math.floor(meanNodes + 3 * deviationOf(meanNodes));

const deviationOf = (meanNodes: number): number => Math.min(NODES_DEVIATION, meanNodes / SMALL_GRAPH);

interface Grown {
  /** Parents by node; a parent comes before its children. */
  readonly parents: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

// Most graphs are drawn for nothing, above all small balanced ones, and a vocabulary takes thousands of questions: hence plain loops here.

function growGraph(source: Draws, nodes: number): Grown {
  const parents: number[][] = [[], []];
  const labels = [LABEL_0, LABEL_1];
  const depths = [0, 0];
  for (let node = 2; node < nodes; node++) {
    const chosen = source.uniform() < PARENTLESS ? [] : drawParents(source, labels, depths);
    let label = 0;
    let above = Infinity;
    for (const parent of chosen) {
      label |= labels[parent] ?? 0;
      above = Math.min(above, depths[parent] ?? 0);
    }
    parents.push(chosen);
    labels.push(label);
    depths.push(chosen.length === 0 ? 0 : 1 + above);
  }
  return { parents, labels };
}

function drawParents(source: Draws, labels: readonly number[], depths: readonly number[]): number[] {
  const count = drawPositivePoisson(source);
  const u = source.uniform();
  const excluded = u <= ONE_SIDE ? LABEL_1 : u <= 2 * ONE_SIDE ? LABEL_0 : 0;
  const candidates: number[] = [];
  for (let node = 0; node < labels.length; node++) {
    if (((labels[node] ?? 0) & excluded) === 0) candidates.push(node);
  }
  const chosen: number[] = [];
  while (chosen.length < count && candidates.length > 0) {
    const at = drawByDepth(source, candidates, depths);
    chosen.push(candidates[at] ?? 0);
    candidates.splice(at, 1);
  }
  return chosen;
}

/** Knuth's product of uniforms, until it is positive. */
function drawPositivePoisson(source: Draws): number {
  for (;;) {
    let count = 0;
    for (let product = source.uniform(); product > NO_PARENT; product *= source.uniform()) count++;
    if (count > 0) return count;
  }
}

/** @returns an index of `candidates`; a deeper node is likelier */
function drawByDepth(source: Draws, candidates: readonly number[], depths: readonly number[]): number {
  let sum = 0;
  for (const node of candidates) sum += weightOf(depths[node]);
  let rest = source.uniform() * sum;
  for (let at = 0; at < candidates.length; at++) {
    rest -= weightOf(depths[candidates[at] ?? 0]);
    if (rest < 0) return at;
  }
  return candidates.length - 1;
}

const weightOf = (depth = 0): number => DEPTH_WEIGHT * depth + 1;

interface Sink {
  readonly node: number;
  /** Edges from the root of its side. */
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
  const hasChild = new Uint8Array(parents.length);
  for (const list of parents) for (const parent of list) hasChild[parent] = 1;
  const side = (root: 0 | 1, label: number): Side => {
    const sinks: Sink[] = [];
    const depths: number[] = [];
    for (const [node, list] of parents.entries()) {
      let depth = node === root ? 0 : Infinity;
      for (const parent of list) depth = Math.min(depth, 1 + (depths[parent] ?? Infinity));
      depths.push(depth);
      if (node > 1 && labels[node] === label && hasChild[node] === 0) sinks.push({ node, depth });
    }
    return { root, sinks };
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

/** Breadth first, children in order. @returns nodes from `root` to `target`, which lies below it */
function shortestPath(root: number, target: number, parents: readonly (readonly number[])[]): readonly number[] {
  const before = new Map([[root, root]]);
  const queue = [root];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const [child, list] of parents.entries()) {
      if (before.has(child) || !list.includes(node)) continue;
      before.set(child, node);
      queue.push(child);
    }
  }
  const path = [target];
  for (let at = target; at !== root; ) {
    at = before.get(at) ?? root;
    path.push(at);
  }
  return path.reverse();
}
