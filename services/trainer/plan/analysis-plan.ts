// What an analysis of latents will take: a pass that reads the latents out, and one that looks at the attention of the gold answer.

import type { AnalysePhaseConfig } from '../../study/settings/index.ts';
import { curriculumItem, latentsOf } from '../curriculum/index.ts';
import { matrixFlops } from '../engine/index.ts';
import type { EngineConfig } from '../engine/types.ts';
import { type BatchShape, capacityOf, countParameters, observationGraph, trainingGraph } from '../systems/index.ts';
import type { Task } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { largestShape, partShapes } from './batch-shapes.ts';
import { memoryPlan } from './memory-plan.ts';
import type { PhasePlan } from './phase-plan.ts';

export function analysisPlan(
  config: AnalysePhaseConfig,
  engine: EngineConfig,
  steps: number,
  task: Task,
  tokenizer: Tokenizer,
): PhasePlan {
  const { batch, split: splitName, items: limit } = config.analyse;
  const split = task.splits[splitName];
  const stage = { droppedSteps: Infinity, latents: latentsOf(config.system, config.latents) };
  const items = Array.from({ length: Math.min(limit ?? split.size, split.size) }, (_, index) =>
    curriculumItem(split.example(index), stage, tokenizer),
  );
  const graphsOf = (shape: BatchShape) => [observationGraph(engine, shape), trainingGraph(engine, shape, 'attention')];
  const shapeOf = (together: number): BatchShape => largestShape(partShapes(engine, [items], together));
  const graphs = graphsOf(shapeOf(batch));
  return {
    ...{ kind: 'analyse', steps, batch, together: batch, key: 'analyse.batch' },
    parameters: countParameters(engine),
    capacityFloatsPerLatent: capacityOf(engine),
    flopsPerStep: graphs.reduce((sum, graph) => sum + matrixFlops(graph), 0),
    memory: memoryPlan(engine, graphs, 0, false),
    memoryWith: (together) => memoryPlan(engine, graphsOf(shapeOf(together)), 0, false),
  };
}
