// The border of the systems: what they have, and the graphs that train them.
export { bucket, type PreparedBatch, prepareBatch } from './batch-arrays.ts';
export { computedModel, hasCoprocessor, SYSTEM_FACTS, selectedLayers } from './describe.ts';
export { capacityFloatsPerLatent, type ParameterFacts, systemParameters } from './parameters.ts';
export { type BatchShape, type GraphPurpose, type TrainingSettings, trainingGraph } from './training-graph.ts';
