// The border of the systems: what they have, and the graphs that train them and decode with them.
export { bucket, type PreparedBatch, prepareBatch } from './batch-arrays.ts';
export { computedModel, hasCoprocessor, ownChannel, SYSTEM_FACTS, selectedLayers } from './describe.ts';
export { type LatentLayout, latentLayout } from './exchange.ts';
export {
  cacheMask,
  checkGenerateItem,
  firstGeneratedPosition,
  itemLatents,
  prefillArrays,
} from './generation-arrays.ts';
export { cacheShape, firstGeneratedSlot, type GenerationShape, prefillGraph, stepGraph } from './generation-graph.ts';
export { observationGraph } from './observation-graph.ts';
export { capacityFloatsPerLatent, type ParameterFacts, type SystemSettings, systemParameters } from './parameters.ts';
export type { BatchShape, TrainingSettings } from './passes.ts';
export { scoringGraph } from './scoring-graph.ts';
export { type GraphPurpose, trainingGraph } from './training-graph.ts';
