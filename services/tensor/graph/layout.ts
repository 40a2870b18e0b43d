// Operators that move data without computing: reshape, transpose, concat, split, slice, expand, gather.

import { at, elementCount, int, ints, type Shape, sameShape, shapeMismatch, type Tensor, text } from './graph.ts';

/** A reshape of a reshape is one of the first: ONNX Runtime would join them too, and run what it joined at another time. */
export function reshape(given: Tensor, shape: Shape): Tensor {
  if (elementCount(given.shape) !== elementCount(shape)) throw shapeMismatch('Reshape', given.shape, shape);
  const { source } = given;
  const x = source.kind === 'node' && source.node.op === 'Reshape' ? at(source.node.inputs, 0) : given;
  if (sameShape(x.shape, shape)) return x;
  return x.graph.apply1('Reshape', [x, x.graph.indices(shape)], {}, x.dtype, shape);
}

/** Output axis i is input axis `axes[i]`. */
export function transpose(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.length !== x.shape.length) throw shapeMismatch('Transpose', x.shape, axes);
  const shape = axes.map((axis) => at(x.shape, axis));
  return x.graph.apply1('Transpose', [x], { perm: ints(axes) }, x.dtype, shape);
}

export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const head = at(parts, 0);
  if (parts.length === 1) return head;
  const others = (shape: Shape) => shape.filter((_, index) => index !== axis);
  for (const part of parts) {
    if (!sameShape(others(part.shape), others(head.shape))) throw shapeMismatch('Concat', head.shape, part.shape);
  }
  const total = parts.reduce((sum, part) => sum + at(part.shape, axis), 0);
  const shape = head.shape.map((size, index) => (index === axis ? total : size));
  return head.graph.apply1('Concat', parts, { axis: int(axis) }, head.dtype, shape);
}

export function split(x: Tensor, axis: number, sizes: readonly number[]): readonly Tensor[] {
  if (elementCount([at(x.shape, axis)]) !== sizes.reduce((a, b) => a + b, 0))
    throw shapeMismatch('Split', x.shape, sizes);
  if (sizes.length === 1) return [x];
  const outputs = sizes.map((size) => ({
    dtype: x.dtype,
    shape: x.shape.map((old, index) => (index === axis ? size : old)),
  }));
  return x.graph.apply('Split', [x, x.graph.indices(sizes)], { axis: int(axis) }, outputs);
}

/** Elements `from` (included) to `to` (excluded) along one axis. */
export function slice(x: Tensor, axis: number, from: number, to: number): Tensor {
  const size = at(x.shape, axis);
  if (from < 0 || to > size || from >= to) throw shapeMismatch(`Slice ${from}:${to} on axis ${axis}`, x.shape);
  if (from === 0 && to === size) return x;
  const { graph } = x;
  const shape = x.shape.map((old, index) => (index === axis ? to - from : old));
  const parameters = [graph.indices([from]), graph.indices([to]), graph.indices([axis])];
  return graph.apply1('Slice', [x, ...parameters], {}, x.dtype, shape);
}

export function expand(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  return x.graph.apply1('Expand', [x, x.graph.indices(shape)], {}, x.dtype, shape);
}

/** Rows of `table` [R, ...] by index: indices [...I] gives [...I, ...]. */
export function gather(table: Tensor, indices: Tensor): Tensor {
  if (indices.dtype !== 'int64') throw shapeMismatch('Gather by int64', table.shape, indices.shape);
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return table.graph.apply1('Gather', [table, indices], { axis: int(0) }, table.dtype, shape);
}

/** For each row of x [n, V] the element at indices [n, 1]. */
export function gatherElements(x: Tensor, indices: Tensor): Tensor {
  return x.graph.apply1('GatherElements', [x, indices], { axis: int(1) }, x.dtype, indices.shape);
}

/**
 * x with `updates` added at `indices` along `axis`; indices may repeat. ScatterND must not be used: it races
 * (docs/design/engine.md section 3, rule 5).
 */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor {
  if (!sameShape(indices.shape, updates.shape)) throw shapeMismatch('ScatterElements', indices.shape, updates.shape);
  const attributes = { axis: int(axis), reduction: text('add') };
  return x.graph.apply1('ScatterElements', [x, indices, updates], attributes, x.dtype, x.shape);
}

/** x [B, G, C, K] with `updates` [B, G, K] in place of the rows at `indices` int64 [B, G, 3], which must not repeat (else it races). */
export function replaceRows(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  const wanted = [...x.shape.slice(0, -2), x.shape.length - 1];
  if (!sameShape(indices.shape, wanted)) throw shapeMismatch('ScatterND', x.shape, indices.shape, updates.shape);
  return x.graph.apply1('ScatterND', [x, indices, updates], {}, x.dtype, x.shape);
}

export function zeros(like: { readonly graph: Tensor['graph'] }, shape: Shape): Tensor {
  return like.graph.apply1('ConstantOfShape', [like.graph.indices(shape)], {}, 'float32', shape);
}

/** Whether a tensor was made by `zeros`: what is zero for certain needs no computation. */
export function isZeros({ source }: Tensor): boolean {
  return source.kind === 'node' && source.node.op === 'ConstantOfShape';
}
