// The border of the optimizer.
export { COEFFICIENTS, normGraph, updateGraph } from './adamw-graph.ts';
export { updateCoefficients } from './coefficients.ts';
export { layOut, type Slab, type TensorPlacement } from './layout.ts';
export type { OptimizerConfig, ParameterFacts } from './types.ts';
