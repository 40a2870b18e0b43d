// What every kind of phase begins with: task, tokenizer, model shape, and the checkpoints it starts from, checked against each other.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { PhaseConfig } from '../../../workflows/domain/phases.ts';
import { phaseSteps } from '../../../workflows/domain/phase-steps.ts';
import { type Checkpoint, readCheckpoint, weightsOf } from '../checkpoints/index.ts';
import type { Engine, NamedTensors } from '../engine/types.ts';
import type { LocalCheckpoint, PhaseJob } from '../jobs/protocol.ts';
import { systemParameters } from '../systems/index.ts';
import type { Task } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { type ResolvedModel, resolveModel } from '../weights/index.ts';
import type { WarmState } from './warm-state.ts';

export interface PhaseContext {
  readonly warm: WarmState;
  readonly job: PhaseJob;
  readonly task: Task;
  readonly tokenizer: Tokenizer;
  readonly model: ResolvedModel;
  readonly totalSteps: number;
}

/** Fetches weights named by a hub name first, where this machine lacks them. */
export async function phaseContext(job: PhaseJob, warm: WarmState): Promise<PhaseContext> {
  const task = warm.task(job.config.task);
  const tokenizer = warm.tokenizer(job.config.tokenizer, task);
  const model = await resolveModel(job.config.model, tokenizer);
  return { warm, job, task, tokenizer, model, totalSteps: totalStepsOf(job.config, task) };
}

export function totalStepsOf(config: PhaseConfig, { splits: { train, valid, test } }: Task): number {
  return phaseSteps(config, { train: train.size, valid: valid.size, test: test.size });
}

/** @throws LatentSweepError CHECKPOINT_DAMAGED also for the checkpoint of another phase */
export function readResume({ job }: PhaseContext, resume: LocalCheckpoint): Checkpoint {
  const checkpoint = readCheckpoint(resume);
  const { phaseKey } = checkpoint.facts;
  if (phaseKey !== job.phaseKey) {
    throw new LatentSweepError(
      'CHECKPOINT_DAMAGED',
      `${resume.path} belongs to phase ${phaseKey}, not ${job.phaseKey}`,
      {
        path: resume.path,
      },
    );
  }
  return checkpoint;
}

/**
 * Weights of the parent phase.
 * @throws LatentSweepError WEIGHTS_INVALID when they know another vocabulary
 */
export function readParentWeights({ tokenizer }: PhaseContext, parent: LocalCheckpoint): NamedTensors {
  const { facts, tensors } = readCheckpoint(parent);
  if (facts.tokenizer !== tokenizer.hash) {
    throw new LatentSweepError(
      'WEIGHTS_INVALID',
      `${parent.path} was trained with another tokenizer than ${tokenizer.name}`,
      {
        path: parent.path,
        key: 'tokenizer',
      },
    );
  }
  return weightsOf(tensors);
}

/** Begins or resumes training; returns the steps already done. */
export function beginTraining(context: PhaseContext, engine: Engine, initialise: () => void): number {
  const { resume } = context.job;
  if (resume === null) {
    initialise();
    return 0;
  }
  const { facts, tensors } = readResume(context, resume);
  engine.setState({ tensors, updates: facts.updates });
  return facts.step;
}

export function trainedParameters(settings: Parameters<typeof systemParameters>[0]): number {
  return systemParameters(settings)
    .filter(({ trained }) => trained)
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
