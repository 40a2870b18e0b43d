// The steps of the two training phases: they differ in their batches, learning rates and stage switches only.

import { weightsOf, weightsSha256 } from '../checkpoints/index.ts';
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
      const { lossNats, gradNorm, targets, flops, terms } = engine.trainStep(batch, rates, plan.microbatch);
      const accuracy = choice?.after(step) ?? null;
      const metrics = new Map<string, number>([
        ['loss_nats', lossNats],
        ['grad_norm', gradNorm],
        ['targets', targets],
        ...[...terms].map(([kind, value]) => [`loss_${kind}`, value] as const),
        ...rateMetrics(rates, plan.oneLearningRate, terms.has('steps')),
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
        weightsSha256: weightsSha256(weightsOf(engine.weights())),
        capacityFloatsPerLatent: plan.capacityFloatsPerLatent,
        evaluation: null,
        ...(selected === null ? {} : { selected }),
        analyses: [],
      };
    },
  };
}

function rateMetrics(
  { base, coprocessor, soft, step_decoder }: LearningRates,
  one: boolean,
  hasStepDecoder: boolean,
): readonly [string, number][] {
  if (one) return [['learning_rate', base]];
  return [
    ['learning_rate_base', base],
    ['learning_rate_coprocessor', coprocessor],
    ['learning_rate_soft', soft],
    ...(hasStepDecoder && step_decoder !== undefined
      ? [['learning_rate_step_decoder', step_decoder] as [string, number]]
      : []),
  ];
}

export function tokensOf(batch: Batch): number {
  if (batch.kind === 'corpus') return batch.tokens.reduce((sum, row) => sum + row.length, 0);
  return batch.items.reduce((sum, { question, latents, target }) => sum + question.length + latents + target.length, 0);
}
