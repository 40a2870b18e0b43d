// GELU and SiLU with gradients of their own. Each is x times a sigmoid; that sigmoid is kept for the gradient, which so takes half the
// passes over memory of one that starts from x. Where no gradient is asked for, one fused kernel computes the whole.

import { add, fusedGelu, fusedSilu, mul, scale, sigmoid, sub, type Tensor } from '../graph/index.ts';
import { withGradient } from './custom-gradient.ts';

/**
 * GELU in tanh form (GPT-2's `gelu_new`), written with a sigmoid: y = x s, s = sigmoid(x w), w = c0 + c1 x^2 with
 * c0 = 2 sqrt(2 / pi), c1 = 0.044715 c0. dy/dx = s + (y - y s) (3 w - 2 c0).
 */
export function gelu(x: Tensor): Tensor {
  const { graph } = x;
  if (graph.isForwardOnly) return fusedGelu(x);
  const c0 = 2 * Math.sqrt(2 / Math.PI);
  const w = add(scale(mul(x, x), 0.044715 * c0), graph.scalar(c0));
  const s = sigmoid(mul(x, w));
  const y = mul(x, s);
  return withGradient(y, {
    inputs: [x],
    rule: (d) => [() => mul(d, add(s, mul(sub(y, mul(y, s)), sub(scale(w, 3), graph.scalar(2 * c0)))))],
  });
}

/** y = x s with s = sigmoid(x): dy/dx = s + y - y s. */
export function silu(x: Tensor): Tensor {
  if (x.graph.isForwardOnly) return fusedSilu(x);
  const s = sigmoid(x);
  const y = mul(x, s);
  return withGradient(y, { inputs: [x], rule: (d) => [() => mul(d, add(s, sub(y, mul(y, s))))] });
}
