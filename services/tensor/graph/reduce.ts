// Reductions, softmax and normalisations.

import { at, float, int, type Shape, shapeMismatch, type Tensor } from './graph.ts';

function reduce(op: string, x: Tensor, axes: readonly number[], keep: boolean): Tensor {
  const positive = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  const shape: Shape = x.shape.flatMap((size, axis) => (positive.includes(axis) ? (keep ? [1] : []) : [size]));
  return x.graph.apply1(op, [x, x.graph.indices(positive)], { keepdims: int(keep ? 1 : 0) }, x.dtype, shape);
}

export const reduceSum = (x: Tensor, axes: readonly number[], keep = false): Tensor =>
  reduce('ReduceSum', x, axes, keep);
export const reduceMean = (x: Tensor, axes: readonly number[], keep = false): Tensor =>
  reduce('ReduceMean', x, axes, keep);
export const reduceSumSquare = (x: Tensor, axes: readonly number[]): Tensor =>
  reduce('ReduceSumSquare', x, axes, false);

/** Index of the largest element of the last axis; the first one wins a tie. */
export function argMax(x: Tensor): Tensor {
  return x.graph.apply1('ArgMax', [x], { axis: int(-1), keepdims: int(0) }, 'int64', x.shape.slice(0, -1));
}

export const softmax = (x: Tensor): Tensor => x.graph.apply1('Softmax', [x], { axis: int(-1) }, x.dtype, x.shape);
export const logSoftmax = (x: Tensor): Tensor => x.graph.apply1('LogSoftmax', [x], { axis: int(-1) }, x.dtype, x.shape);

/**
 * (x - mean) / sqrt(var + epsilon) * weight + bias over the last axis in one kernel; also gives mean and inverse deviation.
 * Has no gradient (autodiff/normalise.ts has).
 */
export function fusedLayerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): readonly Tensor[] {
  if (at(x.shape, -1) !== weight.shape[0]) throw shapeMismatch('LayerNormalization', x.shape, weight.shape);
  const statistic = { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] } as const;
  const attributes = { axis: int(-1), epsilon: float(epsilon) };
  const outputs = [{ dtype: 'float32', shape: x.shape } as const, statistic, statistic];
  return x.graph.apply('LayerNormalization', [x, weight, bias], attributes, outputs);
}

/** x / sqrt(mean(x^2) + epsilon) * weight over the last axis in one kernel; also gives the inverse root mean square. No gradient either. */
export function fusedRmsNorm(x: Tensor, weight: Tensor, epsilon: number): readonly Tensor[] {
  if (at(x.shape, -1) !== weight.shape[0]) throw shapeMismatch('SimplifiedLayerNormalization', x.shape, weight.shape);
  const statistic = { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] } as const;
  const attributes = { axis: int(-1), epsilon: float(epsilon) };
  return x.graph.apply('SimplifiedLayerNormalization', [x, weight], attributes, [
    { dtype: 'float32', shape: x.shape },
    statistic,
  ]);
}

/**
 * Rotary positions, halves convention: element i pairs with i + K/2.
 * @param x_BHTK heads to rotate
 * @param positions_BT int64 rows of the tables
 * @param cos_PK2 table of cosines, one row per position, K/2 columns; `sin_PK2` likewise
 */
export function rotate(x_BHTK: Tensor, positions_BT: Tensor, cos_PK2: Tensor, sin_PK2: Tensor): Tensor {
  if (x_BHTK.shape.length !== 4) throw shapeMismatch('RotaryEmbedding', x_BHTK.shape, positions_BT.shape);
  const attributes = { interleaved: int(0) };
  return x_BHTK.graph.apply1(
    'RotaryEmbedding',
    [x_BHTK, positions_BT, cos_PK2, sin_PK2],
    attributes,
    'float32',
    x_BHTK.shape,
  );
}
