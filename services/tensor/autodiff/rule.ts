// What a gradient rule is given and what it makes: the contract between the walk over the graph and the rules.

import type { Node, Tensor } from '../graph/index.ts';

/** A gradient that is zero except at some rows: `updates` [n, D] belong at rows `indices` [n], which may repeat. */
export interface RowUpdates {
  readonly kind: 'rows';
  readonly indices: Tensor;
  readonly updates: Tensor;
}

export type Partial = Tensor | RowUpdates;

export interface RuleContext {
  readonly node: Node;
  /** Gradient of each output; null where the output does not influence the loss. */
  readonly outputGradients: readonly (Tensor | null)[];
  /** Which inputs want a gradient. */
  readonly wanted: readonly boolean[];
}

/** Gradients of the node's inputs, in order, each built only when it is wanted; null where none exists. */
export type Rule = (context: RuleContext) => readonly ((() => Partial) | null)[];
