// Trades operations for memory: what is computed inside is not kept for the gradient, but computed again when the gradient comes by
// (Chen et al., arXiv 1604.06174). The same operators on the same values, so the numbers are the same.

import { add, type Node, reshape, scale, slice, type Tensor } from '../graph/index.ts';
import { withGradient } from './custom-gradient.ts';
import { backward } from './gradients.ts';

/** build(x); what the graph's `recomputes` says decides whether its inner values live until their gradient. */
export function recomputed(x: Tensor, build: (x: Tensor) => Tensor): Tensor {
  const y = build(x);
  if (!x.graph.recomputes || x.graph.isForwardOnly) return y;
  const leaves = inputsOf(y, x);
  return withGradient(y, {
    inputs: [x, ...leaves],
    rule: (dy, wanted) => {
      const again = after(x, dy);
      const chosen = [again, ...leaves].filter((_, index) => wanted[index] === true);
      const byTensor = backward(build(again), dy, chosen);
      return [again, ...leaves].map((input) => {
        const gradient = byTensor.get(input);
        return gradient === undefined ? null : () => gradient;
      });
    },
  });
}

/**
 * The values of x, not to be had before `signal` is: ONNX Runtime runs nodes in an order of its own, and would else compute everything
 * again at once. Adds zero times one element of the signal; no gradient goes beyond it.
 */
export function after(x: Tensor, signal: Tensor): Tensor {
  const one = signal.shape.reduce((part, _, axis) => slice(part, axis, 0, 1), signal);
  return withGradient(add(x, scale(reshape(one, [1]), 0)), { inputs: [], rule: () => [] });
}

/** Floating-point inputs of the graph that y depends on other than through x. */
function inputsOf(y: Tensor, x: Tensor): readonly Tensor[] {
  const inputs = new Set<Tensor>();
  const seen = new Set<Node>();
  const pending = [y];
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    if (tensor === x) continue;
    if (tensor.source.kind === 'input' && tensor.dtype === 'float32') inputs.add(tensor);
    if (tensor.source.kind !== 'node' || seen.has(tensor.source.node)) continue;
    seen.add(tensor.source.node);
    pending.push(...tensor.source.node.inputs);
  }
  return [...inputs];
}
