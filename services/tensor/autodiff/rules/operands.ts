// What several families of rules need of a node: its operands, the gradient of its first output, and sums over broadcast axes.

import {
  at,
  elementCount,
  reduceSum,
  reshape,
  type Shape,
  sameShape,
  sumOfRows,
  type Tensor,
} from '../../graph/index.ts';

/** Sums the axes of `gradient` along which an operand of `shape` was stretched. */
export function sumToShape(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const added = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < added || (shape[axis - added] === 1 && size !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return reshape(gradient, shape);
  const isLeading = axes.every((axis, index) => axis === index);
  if (!isLeading || axes.length === gradient.shape.length) return reshape(reduceSum(gradient, axes, true), shape);
  const rows = elementCount(gradient.shape.slice(0, axes.length));
  return reshape(sumOfRows(reshape(gradient, [rows, elementCount(shape)])), shape);
}

export const operands = (inputs: readonly Tensor[]): readonly [Tensor, Tensor] => [at(inputs, 0), at(inputs, 1)];

/** The gradient of a node's first output. */
export const only = (gradients: readonly (Tensor | null)[]): Tensor => {
  const gradient = gradients[0];
  if (!gradient) throw new TypeError('the first output has no gradient');
  return gradient;
};
