// What the optimizer is told: its settings, and of every tensor the group and whether it is trained.

export interface OptimizerConfig {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  /** `all`: every trained tensor; `matrices`: tensors of rank 2 and more that are no lookup tables. */
  readonly decay: 'all' | 'matrices';
  /** Global-norm clip; null never clips (the norm stays a dependency of every update, docs/design/engine.md section 1). */
  readonly clip: number | null;
}

/** @typeParam Group names of the parameter groups of whoever uses the optimizer */
export interface ParameterFacts<Group extends string = string> {
  readonly name: string;
  readonly shape: readonly number[];
  /** Tensors of one group share a learning rate. */
  readonly group: Group;
  readonly trained: boolean;
  /** Rows are looked up by index (embeddings) instead of multiplied: `matrices` does not decay it. */
  readonly isTable: boolean;
}
