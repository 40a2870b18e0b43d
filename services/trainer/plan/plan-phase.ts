// A phase before it runs: parameters, operations and memory, read off the graphs that it would run. Creates no session and no weights,
// but reads the task's data, since the longest question decides.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { phaseSteps } from '../../study/plan/index.ts';
import type { EvaluatePhaseConfig, PhaseConfig } from '../../study/settings/index.ts';
import { systemTraits } from '../../study/systems/index.ts';
import type { Graph } from '../../tensor/graph/index.ts';

import { matrixFlops } from '../engine/index.ts';
import type { EngineConfig } from '../engine/types.ts';
import type { ModelConfig } from '../models/index.ts';
import { baseEngineConfig, type ComputePlacement, optimizerOf, systemEngineConfig } from '../phases/engine-config.ts';
import { NO_OPTIMIZER } from '../phases/evaluation-engine.ts';
import { loadPhaseData, type PhaseData, sizesOf } from '../phases/phase-data.ts';
import { type BatchShape, capacityOf, countParameters, trainingGraph } from '../systems/index.ts';
import { createTask, questionsOf, type Task } from '../tasks/index.ts';
import { createTokenizer, type Tokenizer } from '../tokenizers/index.ts';
import { resolveModel } from '../weights/index.ts';
import { analysisPlan } from './analysis-plan.ts';
import { largestShape, partShapes, sampledItems, sampledSolutions, textShape } from './batch-shapes.ts';
import { type Decoded, type DecodingGraphs, decodingGraphs } from './decoding-graphs.ts';
import { type MemoryPlan, memoryPlan } from './memory-plan.ts';
import type { PhasePlan } from './phase-plan.ts';
import { scoringPlan } from './scoring-plan.ts';

/** What a phase is planned from, loaded before. */
export interface LoadedPhase {
  readonly data: PhaseData;
  readonly tokenizer: Tokenizer;
  readonly model: ModelConfig;
}

/** @throws LatentSweepError as `checkPhaseConfig` for what cannot run at all */
export async function planPhase(config: PhaseConfig, placement: ComputePlacement): Promise<PhasePlan> {
  const task = createTask(config.task);
  const tokenizer = createTokenizer(config.tokenizer, task);
  const { config: model } = await resolveModel(config.model, tokenizer);
  return planLoadedPhase(config, { data: await loadPhaseData(task, tokenizer), tokenizer, model }, placement);
}

/** @param override what an attempt computes at a time instead of what the config says; training phases only */
export function planLoadedPhase(
  config: PhaseConfig,
  { data, tokenizer, model }: LoadedPhase,
  placement: ComputePlacement,
  override: number | null = null,
): PhasePlan {
  const { task } = data;
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
      const together = Math.min(batch, override ?? batch);
      return trainingPlan({ kind: 'base', steps, engine, shapeOf, batch, together, key: 'base.batch' });
    }
    case 'pretrain': {
      const { pretrain } = config;
      const engine = systemEngineConfig(config, model, optimizerOf(pretrain), placement);
      const sites = systemTraits(config.system).plain ? null : pretrain;
      const length = pretrain.sequence ?? model.contextLength;
      const shapeOf = (rows: number): BatchShape => textShape(engine, rows, length, sites);
      const { batch, microbatch } = pretrain;
      const together = Math.min(batch, override ?? microbatch ?? batch);
      return trainingPlan({ kind: 'pretrain', steps, engine, shapeOf, batch, together, key: 'pretrain.microbatch' });
    }
    case 'finetune': {
      const engine = systemEngineConfig(config, model, optimizerOf(config.train), placement);
      const questions = questionsOf(task);
      const batches = sampledItems(config, questions, tokenizer);
      const shapeOf = (together: number): BatchShape => largestShape(partShapes(engine, batches, together));
      const { batch, microbatch, select } = config.train;
      const together = Math.min(batch, override ?? microbatch ?? batch);
      const validated = select === undefined ? null : { ...select, split: questions.splits.valid };
      return trainingPlan({
        ...{ kind: 'finetune', steps, engine, shapeOf, batch, together, key: 'train.microbatch' },
        beside: validated === null ? NOTHING_BESIDE : validationOf(engine, config.latents, validated, tokenizer),
      });
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

/** What a training phase runs and keeps besides its steps. */
interface Beside {
  readonly graphs: readonly Graph[];
  readonly bytes: number;
}

const NOTHING_BESIDE: Beside = { graphs: [], bytes: 0 };

/** Decoding of validation questions, and the best weights so far. */
function validationOf(engine: EngineConfig, latents: number, decoded: Decoded, tokenizer: Tokenizer): Beside {
  const size = Math.min(decoded.items ?? decoded.split.size, decoded.split.size);
  const { prefill, step, cacheBytes } = decodingGraphs(engine, latents, decoded, tokenizer)(size);
  return { graphs: [prefill, step], bytes: cacheBytes + 4 * countParameters(engine).trained };
}

interface Training {
  readonly kind: 'base' | 'pretrain' | 'finetune';
  readonly steps: number;
  readonly engine: EngineConfig;
  readonly shapeOf: (together: number) => BatchShape;
  readonly batch: number;
  readonly together: number;
  readonly key: 'base.batch' | 'pretrain.microbatch' | 'train.microbatch';
  readonly beside?: Beside;
}

function trainingPlan({
  kind,
  steps,
  engine,
  shapeOf,
  batch,
  together,
  key,
  beside = NOTHING_BESIDE,
}: Training): PhasePlan {
  // sums of gradients are read only where a step has several parts
  const purpose = together < batch ? 'accumulate' : 'gradients';
  const graph = trainingGraph(engine, shapeOf(together), purpose);
  const memoryOf = (training: Graph): MemoryPlan =>
    memoryPlan(engine, [training, ...beside.graphs], beside.bytes, true);
  return {
    ...{ kind, steps, batch, together, key },
    parameters: countParameters(engine),
    capacityFloatsPerLatent: kind === 'base' ? null : capacityOf(engine),
    flopsPerStep: Math.ceil(batch / together) * matrixFlops(graph),
    memory: memoryOf(graph),
    memoryWith: (other) => memoryOf(trainingGraph(engine, shapeOf(other), purpose)),
  };
}

function evaluationPlan(
  config: EvaluatePhaseConfig,
  engine: EngineConfig,
  steps: number,
  task: Task,
  tokenizer: Tokenizer,
): PhasePlan {
  const { batch, split } = config.evaluate;
  const graphsOf = decodingGraphs(engine, config.latents, { ...config.evaluate, split: task.splits[split] }, tokenizer);
  const memoryOf = ({ prefill, step, cacheBytes }: DecodingGraphs): MemoryPlan =>
    memoryPlan(engine, [prefill, step], cacheBytes, false);
  const graphs = graphsOf(batch);
  const { shape, prefill, step } = graphs;
  const groups = Math.ceil(batch / shape.batch);
  return {
    ...{ kind: 'evaluate', steps, batch, together: shape.batch, key: 'evaluate.batch' },
    parameters: countParameters(engine),
    capacityFloatsPerLatent: capacityOf(engine),
    flopsPerStep: groups * (matrixFlops(prefill) + (shape.generated - 1) * matrixFlops(step)),
    memory: memoryOf(graphs),
    memoryWith: (together) => memoryOf(graphsOf(together)),
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
