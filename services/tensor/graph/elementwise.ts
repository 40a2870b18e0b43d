// Elementwise operators with ONNX (numpy) broadcasting.

import { float, type Shape, shapeMismatch, type Tensor } from './graph.ts';

/** The shape two operands broadcast to; a size of 1 or a missing leading axis stretches. */
function broadcastShape(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) throw shapeMismatch(op, a, b);
    return left === 1 ? right : left;
  });
}

function binary(op: string, a: Tensor, b: Tensor): Tensor {
  return a.graph.apply1(op, [a, b], {}, a.dtype, broadcastShape(op, a.shape, b.shape));
}

function compare(op: string, a: Tensor, b: Tensor): Tensor {
  return a.graph.apply1(op, [a, b], {}, 'bool', broadcastShape(op, a.shape, b.shape));
}

function unary(op: string, x: Tensor): Tensor {
  return x.graph.apply1(op, [x], {}, x.dtype, x.shape);
}

export const add = (a: Tensor, b: Tensor): Tensor => binary('Add', a, b);
export const sub = (a: Tensor, b: Tensor): Tensor => binary('Sub', a, b);
export const mul = (a: Tensor, b: Tensor): Tensor => binary('Mul', a, b);
export const div = (a: Tensor, b: Tensor): Tensor => binary('Div', a, b);
export const equal = (a: Tensor, b: Tensor): Tensor => compare('Equal', a, b);
export const greater = (a: Tensor, b: Tensor): Tensor => compare('Greater', a, b);
export const and = (a: Tensor, b: Tensor): Tensor => compare('And', a, b);
export const not = (x: Tensor): Tensor => unary('Not', x);
export const exp = (x: Tensor): Tensor => unary('Exp', x);
export const sqrt = (x: Tensor): Tensor => unary('Sqrt', x);
export const neg = (x: Tensor): Tensor => unary('Neg', x);
export const sigmoid = (x: Tensor): Tensor => unary('Sigmoid', x);
/** Same value under another name; ONNX Runtime removes it. Carries a stopped or custom gradient. */
export const identity = (x: Tensor): Tensor => unary('Identity', x);

export function where(condition: Tensor, yes: Tensor, no: Tensor): Tensor {
  const shape = broadcastShape('Where', condition.shape, broadcastShape('Where', yes.shape, no.shape));
  return yes.graph.apply1('Where', [condition, yes, no], {}, yes.dtype, shape);
}

export const scale = (x: Tensor, factor: number): Tensor => mul(x, x.graph.scalar(factor));

/** GELU, tanh form (GPT-2's `gelu_new`), in one kernel; has no gradient (autodiff/activations.ts has). */
export const fusedGelu = (x: Tensor): Tensor => unary('FastGelu', x);

/** x * sigmoid(x) in one kernel; has no gradient (autodiff/activations.ts has). */
export const fusedSilu = (x: Tensor): Tensor => x.graph.apply1('QuickGelu', [x], { alpha: float(1) }, x.dtype, x.shape);
