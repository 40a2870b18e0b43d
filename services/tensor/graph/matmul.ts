// Matrix products: Gemm for one matrix times one matrix, FusedMatMul for stacks of them.
// Transposition and scaling are attributes, so neither costs a pass over memory.

import { at, float, int, type Node, sameShape, shapeMismatch, type Tensor } from './graph.ts';
import { reshape } from './layout.ts';
import { reduceSumSquare } from './reduce.ts';

export interface ProductOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
}

/** alpha * op(a) op(b) + bias; a and b of rank 2, bias broadcasts over rows. */
export function gemm(a: Tensor, b: Tensor, options: ProductOptions & { readonly bias?: Tensor } = {}): Tensor {
  const { transA = false, transB = false, alpha = 1, bias } = options;
  if (a.shape.length !== 2 || b.shape.length !== 2) throw shapeMismatch('Gemm', a.shape, b.shape);
  const inner = at(a.shape, transA ? 0 : 1);
  if (inner !== at(b.shape, transB ? 1 : 0)) throw shapeMismatch('Gemm', a.shape, b.shape);
  const shape = [at(a.shape, transA ? 1 : 0), at(b.shape, transB ? 0 : 1)];
  if (bias && bias.shape.at(-1) !== shape[1]) throw shapeMismatch('Gemm', a.shape, b.shape, bias.shape);
  const attributes = { transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0), alpha: float(alpha), beta: float(1) };
  return a.graph.apply1('Gemm', bias ? [a, b, bias] : [a, b], attributes, 'float32', shape);
}

/** The same product with `addend` of its output's shape added in the same node; ONNX Runtime may compute it where the addend lies. */
export function withAddend({ inputs, attributes, outputs }: Node, addend: Tensor): Tensor {
  const { dtype, shape } = at(outputs, 0);
  if (!sameShape(addend.shape, shape)) throw shapeMismatch('Gemm', shape, addend.shape);
  return addend.graph.apply1('Gemm', [...inputs.slice(0, 2), addend], attributes, dtype, shape);
}

/** alpha * op(a) op(b) over equal leading (batch) axes; a and b of equal rank >= 3. */
export function batchMatMul(a: Tensor, b: Tensor, options: ProductOptions = {}): Tensor {
  const { transA = false, transB = false, alpha = 1 } = options;
  const batch = a.shape.slice(0, -2);
  const inner = at(a.shape, transA ? -2 : -1);
  if (!sameShape(batch, b.shape.slice(0, -2)) || inner !== at(b.shape, transB ? -1 : -2)) {
    throw shapeMismatch('FusedMatMul', a.shape, b.shape);
  }
  const shape = [...batch, at(a.shape, transA ? -1 : -2), at(b.shape, transB ? -2 : -1)];
  const attributes = { transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0), alpha: float(alpha) };
  return a.graph.apply1('FusedMatMul', [a, b], attributes, 'float32', shape);
}

/** Sum over the rows of x [R, N], [N]: as a product with ones it is 2 to 4 times as fast on the CPU as ReduceSum. */
export function sumOfRows(x_RN: Tensor): Tensor {
  return reshape(gemm(x_RN.graph.filled(1, [1, at(x_RN.shape, 0)]), x_RN), [at(x_RN.shape, 1)]);
}

/** Mean of every row of x [R, N], [R, 1]. */
export function meanOfRow(x_RN: Tensor): Tensor {
  const width = at(x_RN.shape, 1);
  return gemm(x_RN, x_RN.graph.filled(1, [width, 1]), { alpha: 1 / width });
}

/** Sum of squares of every row of x [R, N], [R]. On the CPU a product of each row with itself takes an eighth of ReduceSumSquare's time. */
export function squareOfRow(x_RN: Tensor): Tensor {
  if (x_RN.graph.device === 'cuda') return reduceSumSquare(x_RN, [1]);
  const [rows, width] = [at(x_RN.shape, 0), at(x_RN.shape, 1)];
  const x_R1N = reshape(x_RN, [rows, 1, width]);
  return reshape(batchMatMul(x_R1N, x_R1N, { transB: true }), [rows]);
}
