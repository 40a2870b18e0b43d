// The plan of an evaluation that scores given tokens: held-out sequences of a corpus, or the choices of a benchmark.

import type { EvaluatePhaseConfig } from '../../study/settings/index.ts';
import { systemTraits } from '../../study/systems/index.ts';
import { latentsOf } from '../curriculum/index.ts';
import { matrixFlops, rowsScoredTogether } from '../engine/index.ts';
import type { EngineConfig } from '../engine/types.ts';
import { choiceItems } from '../phases/evaluate-choices.ts';
import { corpusScoring } from '../phases/evaluate-corpus.ts';
import type { PhaseData } from '../phases/phase-data.ts';
import {
  type Batch,
  type BatchShape,
  type CurriculumItem,
  capacityOf,
  countParameters,
  prepareBatch,
  scoringGraph,
} from '../systems/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { textShape } from './batch-shapes.ts';
import { memoryPlan } from './memory-plan.ts';
import type { PhasePlan } from './phase-plan.ts';

type Scored = Exclude<PhaseData, { kind: 'questions' }>;

/** Rows of a choice's batch are the choices of the longest item. */
export function scoringPlan(
  config: EvaluatePhaseConfig,
  engine: EngineConfig,
  steps: number,
  data: Scored,
  tokenizer: Tokenizer,
): PhasePlan {
  const { batch } = config.evaluate;
  const { rows, shapeOf } = scoredRows(config, engine, data, tokenizer);
  const engineShape = (items: number): BatchShape => {
    const whole = shapeOf(items * rows);
    return shapeOf(Math.min(items * rows, rowsScoredTogether(whole, engine.model)));
  };
  const shape = engineShape(batch);
  const graph = scoringGraph(engine, shape);
  return {
    ...{ kind: 'evaluate', steps, batch, together: Math.max(1, Math.floor(shape.batch / rows)), key: 'evaluate.batch' },
    parameters: countParameters(engine),
    capacityFloatsPerLatent: capacityOf(engine),
    flopsPerStep: Math.ceil((batch * rows) / shape.batch) * matrixFlops(graph),
    memory: memoryPlan(engine, [graph], 0, false),
    memoryWith: (together) => memoryPlan(engine, [scoringGraph(engine, engineShape(together))], 0, false),
  };
}

interface ScoredRows {
  /** Of one item. */
  readonly rows: number;
  readonly shapeOf: (rows: number) => BatchShape;
}

function scoredRows(config: EvaluatePhaseConfig, engine: EngineConfig, data: Scored, tokenizer: Tokenizer): ScoredRows {
  if (data.kind === 'corpus') {
    const { plan } = corpusScoring(config, data, engine.model.contextLength);
    const sites = systemTraits(config.system).plain ? null : plan;
    return { rows: 1, shapeOf: (rows) => textShape(engine, rows, plan.length, sites) };
  }
  const latents = latentsOf(config.system, config.latents);
  const choices = data.items.map((item) => choiceItems(item, tokenizer, latents));
  const longest = choices.flat().reduce((most, one) => (length(one) > length(most) ? one : most));
  const batchOf = (rows: number): Batch => ({ kind: 'curriculum', items: Array.from({ length: rows }, () => longest) });
  return {
    rows: choices.reduce((most, { length: count }) => Math.max(most, count), 1),
    shapeOf: (rows) => prepareBatch(engine, batchOf(rows)).shape,
  };
}

const length = ({ question, target }: CurriculumItem): number => question.length + target.length;
