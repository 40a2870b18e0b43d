// Floating-point operations of the matrix products of a graph, exactly as emitted, padding included; a multiplication and an addition
// count as two. Everything else is a few per cent of them and not counted.

import { at, elementCount, type Graph, type Node } from '../../tensor/graph/index.ts';
import { reachable } from '../../tensor/onnx/index.ts';

export function matrixFlops(graph: Graph): number {
  const { nodes } = reachable(graph);
  return graph.nodes.filter((node) => nodes.has(node)).reduce((sum, node) => sum + nodeFlops(node), 0);
}

/** 2 x elements of the output x length of the inner axis. */
export function nodeFlops({ op, inputs, outputs, attributes }: Node): number {
  if (op !== 'Gemm' && op !== 'FusedMatMul' && op !== 'MatMul') return 0;
  const { shape } = at(inputs, 0);
  const isTransposed = attributes['transA']?.kind === 'int' && attributes['transA'].value === 1;
  return 2 * elementCount(at(outputs, 0).shape) * at(shape, isTransposed ? -2 : -1);
}
