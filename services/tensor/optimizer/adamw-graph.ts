// The update of AdamW (Loshchilov and Hutter, arXiv 1711.05101) over slabs, state in place, and the global gradient norm.
// The norm is a graph of its own: the host looks at it before any weight is touched.
// Legend: R rows, C columns (rowLength), p parameter, m and v moments, g gradient.

import {
  add,
  at,
  div,
  Graph,
  type GraphOptions,
  int,
  mul,
  sqrt,
  squareOfRow,
  sub,
  type Tensor,
} from '../graph/index.ts';
import type { Slab } from './layout.ts';

/** Input `g.<slab>` [R, C] of every trained slab; output `norm`, the Euclidean norm of all elements. */
export function normGraph(slabs: readonly Slab[], device: GraphOptions['device'] = 'cpu'): Graph {
  const graph = new Graph({ device });
  const squares = slabs.map(({ name, rows, rowLength }) => {
    return reduceSumOf(squareOfRow(graph.input(`g.${name}`, 'float32', [rows, rowLength])));
  });
  graph.output('norm', sqrt(squares.reduce(add)));
  return graph;
}

const reduceSumOf = (x: Tensor): Tensor =>
  x.graph.apply1('ReduceSum', [x, x.graph.indices([0])], { keepdims: int(0) }, 'float32', []);

/** Scalars of one update; computed by the host in float64 (coefficients.ts), inputs of the graph by these names. */
export const COEFFICIENTS = ['beta1', 'gradToM', 'beta2', 'gradToRootV', 'epsilon', 'step', 'keep'] as const;
export type Coefficient = (typeof COEFFICIENTS)[number];

/**
 * m' = beta1 m + gradToM g;  v' = beta2 v + (gradToRootV g)^2;  p' = keep p - step m' / (sqrt(v') + epsilon).
 * For every slab inputs and outputs `p.`, `m.`, `v.` (bound to the same memory), input `g.` and the coefficients
 * `<coefficient>.<slab>`. Long slabs are updated row by row, so that a row's temporaries stay in cache.
 */
export function updateGraph(slabs: readonly Slab[]): Graph {
  const graph = new Graph();
  for (const { name, rows, rowLength } of slabs) {
    const whole = (field: string) => graph.input(`${field}.${name}`, 'float32', [rows, rowLength]);
    const state = [whole('p'), whole('m'), whole('v'), whole('g')];
    const coefficients = COEFFICIENTS.map((coefficient) => graph.input(`${coefficient}.${name}`, 'float32', [1]));
    const [p, m, v] = rows === 1 ? update(state, coefficients) : scanRows(graph, state, coefficients, rows, rowLength);
    for (const [field, tensor] of [
      ['p', p],
      ['m', m],
      ['v', v],
    ] as const) {
      if (tensor) graph.output(`${field}.${name}.next`, tensor);
    }
  }
  return graph;
}

function update(state: readonly Tensor[], coefficients: readonly Tensor[]): readonly Tensor[] {
  const [p, m, v, g] = [at(state, 0), at(state, 1), at(state, 2), at(state, 3)];
  const c = (name: Coefficient) => at(coefficients, COEFFICIENTS.indexOf(name));
  const nextM = add(mul(m, c('beta1')), mul(g, c('gradToM')));
  const rooted = mul(g, c('gradToRootV'));
  const nextV = add(mul(v, c('beta2')), mul(rooted, rooted));
  const nextP = sub(mul(p, c('keep')), div(mul(nextM, c('step')), add(sqrt(nextV), c('epsilon'))));
  return [nextP, nextM, nextV];
}

/** The update as an ONNX Scan over rows; the coefficients travel as its unchanging state. */
function scanRows(
  graph: Graph,
  state: readonly Tensor[],
  coefficients: readonly Tensor[],
  rows: number,
  rowLength: number,
): readonly Tensor[] {
  const body = new Graph({ prefix: 'row.' });
  const carried = COEFFICIENTS.map((name) => body.input(`row.${name}.${rowLength}`, 'float32', [1]));
  const slices = ['p', 'm', 'v', 'g'].map((field) => body.input(`row.${field}.${rowLength}`, 'float32', [rowLength]));
  carried.forEach((tensor, index) => body.output(`row.${at(COEFFICIENTS, index)}.kept`, tensor));
  update(slices, carried).forEach((tensor, index) => body.output(`row.next.${index}`, tensor));
  const scalar = { dtype: 'float32', shape: [1] } as const;
  const whole = { dtype: 'float32', shape: [rows, rowLength] } as const;
  const outputs = graph.apply(
    'Scan',
    [...coefficients, ...state],
    { body: { kind: 'graph', value: body }, num_scan_inputs: int(slices.length) },
    [...coefficients.map(() => scalar), whole, whole, whole],
  );
  return outputs.slice(coefficients.length);
}
