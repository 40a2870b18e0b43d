// How much memory a graph's own tensors take at the worst moment of a run: every tensor lives from the node that makes it to the last one
// that reads it. Inputs and outputs are bound to memory of the engine and not counted; constants are, all the time.
// Legend: a buffer is memory that several tensors share one after the other.

import { elementCount, type Graph, type Node, type Tensor } from '../../tensor/graph/index.ts';
import { reachable } from '../../tensor/onnx/index.ts';
import { executionOrder } from './execution-order.ts';

/** Operators whose output is their first input seen with another shape. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'Squeeze', 'Unsqueeze', 'Flatten']);
/** Operators that write over an input of the output's size that nobody reads any more (ONNX Runtime's MayInplace). */
const IN_PLACE: ReadonlySet<string> = new Set([
  ...[
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Neg',
    'Sqrt',
    'Exp',
    'Log',
    'Tanh',
    'Sigmoid',
    'Reciprocal',
    'Softmax',
    'LogSoftmax',
  ],
  ...['ScatterElements', 'ScatterND'],
]);
const WIDTH = { float32: 4, int64: 8, bool: 1 } as const;

const bytesOf = ({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>): number => WIDTH[dtype] * elementCount(shape);

export interface GraphBytes {
  /** Largest sum of live tensors, constants not counted. */
  readonly peak: number;
  readonly constants: number;
}

interface Buffer {
  readonly bytes: number;
  /** Step of the last node that reads it. */
  lastRead: number;
}

export function graphBytes(graph: Graph): GraphBytes {
  const order = executionOrder(graph);
  const bound = new Set(graph.outputs.map(({ tensor }) => tensor));
  const reads = lastReads(order);
  const buffers = new Map<Tensor, Buffer>();
  let live = 0;
  let peak = 0;
  const dying: Buffer[][] = order.map(() => []);

  order.forEach((node, step) => {
    for (const tensor of node.outputs) {
      const lastRead = reads.get(tensor) ?? step;
      const shared = sharedBuffer(node, tensor, step, buffers, bound);
      if (shared !== null) {
        shared.lastRead = Math.max(shared.lastRead, lastRead);
        buffers.set(tensor, shared);
        continue;
      }
      if (bound.has(tensor) || (VIEWS.has(node.op) && node.inputs[0] !== undefined)) continue;
      const buffer = { bytes: bytesOf(tensor), lastRead };
      buffers.set(tensor, buffer);
      live += buffer.bytes;
    }
    peak = Math.max(peak, live);
    for (const tensor of [...node.inputs, ...node.outputs]) {
      const buffer = buffers.get(tensor);
      if (buffer !== undefined) dying[Math.max(step, buffer.lastRead)]?.push(buffer);
    }
    for (const buffer of new Set(dying[step])) if (buffer.lastRead <= step) live -= buffer.bytes;
  });
  return { peak, constants: constantBytes(graph) };
}

/** The buffer of an input that the output takes over; null where it needs one of its own, or lies in bound memory. */
function sharedBuffer(
  { op, inputs }: Node,
  output: Tensor,
  step: number,
  buffers: ReadonlyMap<Tensor, Buffer>,
  bound: ReadonlySet<Tensor>,
): Buffer | null {
  if (bound.has(output)) return null;
  if (VIEWS.has(op)) return (inputs[0] && buffers.get(inputs[0])) ?? null;
  if (!IN_PLACE.has(op)) return null;
  const free = inputs.slice(0, 2).flatMap((input) => buffers.get(input) ?? []);
  return free.find(({ lastRead, bytes }) => lastRead === step && bytes === bytesOf(output)) ?? null;
}

function lastReads(order: readonly Node[]): ReadonlyMap<Tensor, number> {
  const reads = new Map<Tensor, number>();
  order.forEach(({ inputs }, step) => {
    for (const input of inputs) reads.set(input, step);
  });
  return reads;
}

function constantBytes(graph: Graph): number {
  let bytes = 0;
  for (const tensor of reachable(graph).tensors) if (tensor.source.kind === 'constant') bytes += bytesOf(tensor);
  return bytes;
}
