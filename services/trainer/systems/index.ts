// The border of the systems: what they have, and the graphs that train them and decode with them.

export type { Batch, CurriculumItem, GenerateItem, ItemLatents } from './batch.ts';
export { type BatchCounts, type PreparedBatch, prepareBatch } from './batch-arrays.ts';
export { bucket } from './buckets.ts';
export type { BatchShape, StepsShape, TrainingSettings } from './building.ts';
export {
  cacheMask,
  checkGenerateItem,
  firstGeneratedPosition,
  itemLatents,
  prefillArrays,
} from './generation-arrays.ts';
export { cacheShape, firstGeneratedSlot, type GenerationShape, prefillGraph, stepGraph } from './generation-graph.ts';
export { type LatentLayout, latentLayout } from './latent-layout.ts';
export { observationGraph } from './observation-graph.ts';
export { capacityOf, countParameters, systemParameters } from './parameters.ts';
export { scoringGraph } from './scoring-graph.ts';
export type { SystemSettings } from './settings.ts';
export { type GraphPurpose, trainingGraph } from './training-graph.ts';
