// The border of the engine.
export { createEngine, type Inspection, rowsScoredTogether, TrainingEngine } from './engine.ts';
export type * from './types.ts';
