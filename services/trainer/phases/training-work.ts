// The steps of the two training phases: they differ in their batches, learning rates and stage switches only.

import { weightsSha256 } from '../checkpoints/index.ts';
import type { Engine, LearningRates } from '../engine/types.ts';
import type { Batch } from '../systems/index.ts';
import type { CheckpointChoice } from './checkpoint-choice.ts';
import type { PhaseWork } from './phase-work.ts';

export interface TrainingPlan {
  readonly engine: Engine;
  readonly startStep: number;
  readonly totalSteps: number;
  readonly parameters: number;
  readonly tokenizerHash: string;
  readonly peakFlopsPerSecond: number;
  readonly microbatch: number | null;
  /** Reported as `learning_rate` when the groups share it, else once per group. */
  readonly oneLearningRate: boolean;
  readonly capacityFloatsPerLatent: number | null;
  /** Which step's weights it ends with; null = the last one's. */
  readonly choice: CheckpointChoice | null;
  readonly batchOf: (step: number) => Batch;
  readonly learningRatesOf: (step: number) => LearningRates;
  readonly resetsOptimizer: (step: number) => boolean;
}

export function trainingWork(plan: TrainingPlan): PhaseWork {
  const { engine, choice, startStep, totalSteps, parameters, tokenizerHash, peakFlopsPerSecond } = plan;
  return {
    startStep,
    totalSteps,
    parameters,
    tokenizerHash,
    peakFlopsPerSecond,
    run(step) {
      if (plan.resetsOptimizer(step)) engine.resetOptimizer();
      const batch = plan.batchOf(step);
      const rates = plan.learningRatesOf(step);
      const { lossNats, gradNorm, targets, flops } = engine.trainStep(batch, rates, plan.microbatch);
      const accuracy = choice?.after(step) ?? null;
      const metrics = new Map<string, number>([
        ['loss_nats', lossNats],
        ['grad_norm', gradNorm],
        ['targets', targets],
        ...rateMetrics(rates, plan.oneLearningRate),
        ...(accuracy === null ? [] : [['validation_accuracy', accuracy] as const]),
      ]);
      return { metrics, items: [], tokens: tokensOf(batch), lossNats, flops };
    },
    state() {
      const { tensors, updates } = engine.state();
      return { tensors: new Map([...tensors, ...(choice?.state() ?? [])]), updates };
    },
    result() {
      const selected = choice?.selected ?? null;
      return {
        weightsSha256: weightsSha256(engine.weights()),
        capacityFloatsPerLatent: plan.capacityFloatsPerLatent,
        evaluation: null,
        ...(selected === null ? {} : { selected }),
        analyses: [],
      };
    },
  };
}

function rateMetrics({ base, coprocessor, soft }: LearningRates, one: boolean): readonly [string, number][] {
  if (one) return [['learning_rate', base]];
  return [
    ['learning_rate_base', base],
    ['learning_rate_coprocessor', coprocessor],
    ['learning_rate_soft', soft],
  ];
}

export function tokensOf(batch: Batch): number {
  if (batch.kind === 'corpus') return batch.tokens.reduce((sum, row) => sum + row.length, 0);
  return batch.items.reduce((sum, { question, latents, target }) => sum + question.length + latents + target.length, 0);
}
