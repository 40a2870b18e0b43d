// The border of the engine.
export { createEngine, type Inspection, TrainingEngine } from './engine.ts';
export { initialStepDecoder } from './initialise.ts';
export { matrixFlops, nodeFlops } from './matrix-flops.ts';
export { measurePeak } from './measure-peak.ts';
export { rowsScoredTogether } from './split-batch.ts';
export type * from './types.ts';
