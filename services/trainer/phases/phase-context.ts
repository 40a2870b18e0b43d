// What every kind of phase begins with: task, tokenizer, model shape, and the checkpoints it starts from, checked against each other.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { phaseSteps } from '../../study/plan/index.ts';
import type { NamedTensors } from '../../tensor/runtime/index.ts';
import { type Checkpoint, readCheckpoint, SELECTION_PREFIX, weightsOf } from '../checkpoints/index.ts';
import { initialStepDecoder } from '../engine/index.ts';
import type { Engine, InitialiseOptions } from '../engine/types.ts';
import type { LocalCheckpoint, PhaseJob } from '../jobs/protocol.ts';
import { type SystemSettings, systemParameters } from '../systems/index.ts';
import { questionsOf, type Task } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { type ResolvedModel, resolveModel } from '../weights/index.ts';
import { loadPhaseData, type PhaseData, sizesOf } from './phase-data.ts';
import type { WarmState } from './warm-state.ts';

export interface JobContext {
  readonly warm: WarmState;
  readonly job: PhaseJob;
  readonly data: PhaseData;
  readonly tokenizer: Tokenizer;
  readonly model: ResolvedModel;
  readonly totalSteps: number;
}

/** That of a phase over questions. */
export interface PhaseContext extends JobContext {
  readonly task: Task;
}

/**
 * Fetches weights named by a hub name first, where this machine lacks them, and makes the tokens of a corpus.
 * @param onProgress see `loadPhaseData`
 */
export async function phaseContext(
  job: PhaseJob,
  warm: WarmState,
  onProgress: () => void | Promise<void>,
): Promise<JobContext> {
  const task = warm.task(job.config.task);
  const tokenizer = warm.tokenizer(job.config.tokenizer, task);
  const model = await resolveModel(job.config.model, tokenizer);
  const data = await loadPhaseData(task, tokenizer, onProgress);
  return { warm, job, data, tokenizer, model, totalSteps: phaseSteps(job.config, sizesOf(data)) };
}

/** @throws LatentSweepError CONFIG_INVALID for a task without questions */
export function questionContext(context: JobContext): PhaseContext {
  return { ...context, task: questionsOf(context.data.task) };
}

/** @throws LatentSweepError CHECKPOINT_DAMAGED also for the checkpoint of another phase */
export function readResume({ job }: JobContext, resume: LocalCheckpoint): Checkpoint {
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
export function readParentWeights({ tokenizer }: JobContext, parent: LocalCheckpoint): NamedTensors {
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

export interface Begun {
  /** Steps already done. */
  readonly startStep: number;
  /** What the resumed checkpoint holds of a choice between checkpoints (checkpoint-choice.ts). */
  readonly selection: NamedTensors;
}

/** Begins or resumes training. */
export function beginTraining(context: JobContext, engine: Engine, initialise: () => void): Begun {
  const { resume } = context.job;
  if (resume === null) {
    initialise();
    return { startStep: 0, selection: new Map() };
  }
  const { facts, tensors } = readResume(context, resume);
  const isSelection = (name: string): boolean => name.startsWith(SELECTION_PREFIX);
  engine.setState({ tensors: new Map([...tensors].filter(([name]) => !isSelection(name))), updates: facts.updates });
  return { startStep: facts.step, selection: new Map([...tensors].filter(([name]) => isSelection(name))) };
}

/**
 * Weights that training goes on with: those of the parent phase, else the given ones, else from scratch. A parent that holds the whole
 * system (after a corpus stage) is taken as it is; around a Base alone the rest begins anew.
 */
export function beginFrom(
  context: JobContext,
  engine: Engine,
  settings: SystemSettings,
  options: Omit<InitialiseOptions, 'base'>,
): void {
  const { parent } = context.job;
  const weights = parent === null ? null : readParentWeights(context, parent);
  if (
    weights !== null &&
    systemParameters(settings)
      .filter(({ group }) => group !== 'step_decoder')
      .every(({ name }) => weights.has(name))
  )
    engine.setWeights(new Map([...weights, ...initialStepDecoder(settings, weights)]));
  else engine.initialise({ ...options, base: weights ?? context.model.readBase?.() ?? null });
}
