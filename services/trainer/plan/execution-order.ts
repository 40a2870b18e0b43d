// In which order ONNX Runtime runs a graph: depth first from the leaves against the edges, the last leaf and the last input first
// (GraphViewer's default order, `ReverseDFSFrom` with nodes compared by index). Gradients are leaves, so this decides how long
// activations live. A test compares it with a profile.

import type { Graph, Node } from '../../tensor/graph/index.ts';
import { reachable } from '../../tensor/onnx/index.ts';

/** Emitted nodes in the order in which they run. */
export function executionOrder(graph: Graph): readonly Node[] {
  const { nodes } = reachable(graph);
  const emitted = graph.nodes.filter((node) => nodes.has(node));
  const indexOf = new Map(emitted.map((node, index) => [node, index]));
  const producers = emitted.map((node) =>
    node.inputs
      .flatMap(({ source }) => (source.kind === 'node' ? [indexOf.get(source.node) ?? 0] : []))
      .sort((a, b) => a - b),
  );
  const isRead = new Set(producers.flat());

  const order: Node[] = [];
  const visited = new Set<number>();
  const stack = emitted.flatMap((_, index) => (isRead.has(index) ? [] : [{ index, leaves: false }]));
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { index, leaves } = entry;
    const node = emitted[index];
    if (leaves && node !== undefined) order.push(node);
    if (leaves || visited.has(index)) continue;
    visited.add(index);
    stack.push({ index, leaves: true });
    for (const producer of producers[index] ?? []) {
      if (!visited.has(producer)) stack.push({ index: producer, leaves: false });
    }
  }
  return order;
}
