// A phase before it runs: parameters, operations and memory, read off the graphs that it would run. Creates no session and no weights,
// but reads the task's data, since the longest question decides.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { phaseSteps } from '../../../workflows/domain/phase-steps.ts';
import type { EvaluatePhaseConfig, PhaseConfig } from '../../../workflows/domain/phases.ts';
import { isPlain, latentsOf, questionTokens } from '../curriculum/index.ts';
import { GENERATE_ITEMS, PREFILL_SCORES } from '../engine/decode-limits.ts';
import type { EngineConfig } from '../engine/types.ts';
import { baseEngineConfig, optimizerOf, type Placement, systemEngineConfig } from '../phases/engine-config.ts';
import { NO_OPTIMIZER } from '../phases/evaluation-engine.ts';
import { loadPhaseData, sizesOf } from '../phases/phase-data.ts';
import {
  type BatchShape,
  bucket,
  cacheShape,
  capacityFloatsPerLatent,
  type GenerationShape,
  prefillGraph,
  stepGraph,
  trainingGraph,
} from '../systems/index.ts';
import { createTask, questionsOf, type Task } from '../tasks/index.ts';
import { createTokenizer, type Tokenizer } from '../tokenizers/index.ts';
import { resolveModel } from '../weights/index.ts';
import { analysisPlan } from './analysis-plan.ts';
import { largestShape, partShapes, sampledItems, sampledSolutions, textShape } from './batch-shapes.ts';
import { countParameters } from './count-parameters.ts';
import { matrixFlops } from './matrix-flops.ts';
import { type MemoryPlan, memoryPlan } from './memory-plan.ts';
import { scoringPlan } from './scoring-plan.ts';

export interface PhasePlan {
  readonly kind: PhaseConfig['kind'];
  readonly steps: number;
  readonly parameters: { readonly trained: number; readonly frozen: number };
  readonly capacityFloatsPerLatent: number | null;
  /** Examples, rows or items of a step. */
  readonly batch: number;
  /** How many of them are computed at a time. */
  readonly together: number;
  /** Key that sets `together`. */
  readonly key: 'base.batch' | 'pretrain.microbatch' | 'train.microbatch' | 'evaluate.batch' | 'analyse.batch';
  /** Matrix products of one step of the largest shape. */
  readonly flopsPerStep: number;
  readonly memory: MemoryPlan;
  /** Same phase, other `together`; null beyond the batch. */
  readonly memoryWith: (together: number) => MemoryPlan;
}

/** @throws LatentSweepError as `checkPhaseConfig` for what cannot run at all */
export async function planPhase(config: PhaseConfig, placement: Placement): Promise<PhasePlan> {
  const task = createTask(config.task);
  const tokenizer = createTokenizer(config.tokenizer, task);
  const { config: model } = await resolveModel(config.model, tokenizer);
  const data = await loadPhaseData(task, tokenizer);
  const steps = phaseSteps(config, sizesOf(data));
  switch (config.kind) {
    case 'base': {
      const engine = baseEngineConfig(config, model, placement);
      const { batch, sequence, learns } = config.base;
      const solutions = learns === 'solutions' ? sampledSolutions(questionsOf(task), tokenizer) : null;
      const shapeOf = (rows: number): BatchShape =>
        solutions === null
          ? textShape(engine, rows, sequence ?? model.contextLength, null)
          : largestShape(partShapes(engine, [solutions], rows));
      return trainingPlan({ kind: 'base', steps, engine, shapeOf, batch, together: batch, key: 'base.batch' });
    }
    case 'pretrain': {
      const { pretrain } = config;
      const engine = systemEngineConfig(config, model, optimizerOf(pretrain), placement);
      const sites = isPlain(config.system) ? null : pretrain;
      const length = pretrain.sequence ?? model.contextLength;
      const shapeOf = (rows: number): BatchShape => textShape(engine, rows, length, sites);
      const { batch, microbatch } = pretrain;
      const together = Math.min(batch, microbatch ?? batch);
      return trainingPlan({ kind: 'pretrain', steps, engine, shapeOf, batch, together, key: 'pretrain.microbatch' });
    }
    case 'finetune': {
      const engine = systemEngineConfig(config, model, optimizerOf(config.train), placement);
      const batches = sampledItems(config, questionsOf(task), tokenizer);
      const shapeOf = (together: number): BatchShape => largestShape(partShapes(engine, batches, together));
      const { batch, microbatch } = config.train;
      const together = Math.min(batch, microbatch ?? batch);
      return trainingPlan({ kind: 'finetune', steps, engine, shapeOf, batch, together, key: 'train.microbatch' });
    }
    case 'evaluate': {
      const engine = systemEngineConfig(config, model, NO_OPTIMIZER, placement);
      if (data.kind !== 'questions') return scoringPlan(config, engine, steps, data, tokenizer);
      return evaluationPlan(config, engine, steps, data.task, tokenizer);
    }
    case 'analyse': {
      const engine = systemEngineConfig(config, model, NO_OPTIMIZER, placement);
      return analysisPlan(config, engine, steps, questionsOf(task), tokenizer);
    }
  }
}

interface Training {
  readonly kind: 'base' | 'pretrain' | 'finetune';
  readonly steps: number;
  readonly engine: EngineConfig;
  readonly shapeOf: (together: number) => BatchShape;
  readonly batch: number;
  readonly together: number;
  readonly key: 'base.batch' | 'pretrain.microbatch' | 'train.microbatch';
}

function trainingPlan({ kind, steps, engine, shapeOf, batch, together, key }: Training): PhasePlan {
  // sums of gradients are read only where a step has several parts
  const purpose = key !== 'base.batch' && together < batch ? 'accumulate' : 'gradients';
  const graph = trainingGraph(engine, shapeOf(together), purpose);
  return {
    ...{ kind, steps, batch, together, key },
    parameters: countParameters(engine),
    capacityFloatsPerLatent: kind === 'base' ? null : capacityFloatsPerLatent(engine),
    flopsPerStep: Math.ceil(batch / together) * matrixFlops(graph),
    memory: memoryPlan(engine, [graph], 0, true),
    memoryWith: (other) => memoryPlan(engine, [trainingGraph(engine, shapeOf(other), purpose)], 0, true),
  };
}

function evaluationPlan(
  config: EvaluatePhaseConfig,
  engine: EngineConfig,
  steps: number,
  task: Task,
  tokenizer: Tokenizer,
): PhasePlan {
  const { batch, maxNewTokens, split: splitName, items } = config.evaluate;
  const split = task.splits[splitName];
  let question = 1;
  for (let index = 0; index < Math.min(items ?? split.size, split.size); index++)
    question = Math.max(question, questionTokens(split.example(index), tokenizer).length);
  const { contextLength, heads } = engine.model;
  const fitting = Math.max(1, Math.floor(PREFILL_SCORES / (heads * question ** 2)));
  const shapeOf = (wanted: number): GenerationShape => ({
    batch: Math.min(wanted, GENERATE_ITEMS, fitting),
    prefix: Math.min(bucket(question), contextLength),
    latents: latentsOf(config.system, config.latents),
    generated: Math.min(maxNewTokens, contextLength),
  });
  const graphsOf = (shape: GenerationShape) => ({
    prefill: prefillGraph(engine, shape),
    step: stepGraph(engine, shape),
  });
  const planOf = (shape: GenerationShape): MemoryPlan => {
    const { layers, size } = cacheShape(engine, shape);
    const cache = 2 * layers * 4 * size.reduce((product, length) => product * length, 1);
    return memoryPlan(engine, Object.values(graphsOf(shape)), cache, false);
  };
  const shape = shapeOf(batch);
  const { prefill, step } = graphsOf(shape);
  const groups = Math.ceil(batch / shape.batch);
  return {
    ...{ kind: 'evaluate', steps, batch, together: shape.batch, key: 'evaluate.batch' },
    parameters: countParameters(engine),
    capacityFloatsPerLatent: capacityFloatsPerLatent(engine),
    flopsPerStep: groups * (matrixFlops(prefill) + (shape.generated - 1) * matrixFlops(step)),
    memory: planOf(shape),
    memoryWith: (together) => planOf(shapeOf(together)),
  };
}

/** Largest number computed at a time whose memory fits, at most the batch; null when one is too much. */
export function largestFitting({ batch, memoryWith }: PhasePlan, memoryBytes: number): number | null {
  const fits = (together: number): boolean => memoryWith(together).total <= memoryBytes;
  if (!fits(1)) return null;
  let [least, most] = [1, batch];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle - 1;
  }
  return least;
}

/** @throws LatentSweepError OUT_OF_MEMORY naming what would fit */
export function checkFits(plan: PhasePlan, memoryBytes: number): void {
  const { kind, key, together, memory } = plan;
  if (memory.total <= memoryBytes) return;
  const largest = largestFitting(plan, memoryBytes);
  const way =
    largest === null ? `not even ${key} 1 fits: take a smaller model or more memory` : `${key} ${largest} would fit`;
  throw new LatentSweepError(
    'OUT_OF_MEMORY',
    `${kind} needs ${gigabytes(memory.total)} with ${key} ${together}, there are ${gigabytes(memoryBytes)}; ${way}`,
    { key, neededBytes: memory.total, memoryBytes, largest },
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;
