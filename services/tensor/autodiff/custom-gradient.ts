// Gives a tensor a gradient of its own, written by hand over any number of nodes at once: fewer passes over memory
// than the chain of single rules, or no gradient at all.

import { identity, type Tensor } from '../graph/index.ts';
import type { Partial } from './rule.ts';

export interface CustomGradient {
  /** What the gradient flows to; everything between these and the output is skipped. */
  readonly inputs: readonly Tensor[];
  readonly rule: (outputGradient: Tensor, wanted: readonly boolean[]) => readonly ((() => Partial) | null)[];
}

const customGradients = new WeakMap<Tensor, CustomGradient>();

export const customGradientOf = (tensor: Tensor): CustomGradient | undefined => customGradients.get(tensor);

/** `output` (the only output of its node) from now on hands its gradient to `inputs` by `rule`. */
export function withGradient(output: Tensor, gradient: CustomGradient): Tensor {
  customGradients.set(output, gradient);
  return output;
}

/** The same value as a constant: no gradient passes. */
export function stopGradient(x: Tensor): Tensor {
  return withGradient(identity(x), { inputs: [], rule: () => [] });
}
