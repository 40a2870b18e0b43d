// The border of the trainer: how to start its process, the messages it speaks, and what can be said of a phase before it runs.

import { fileURLToPath } from 'node:url';

/** Absolute path of the trainer process's entry; `fork(trainerEntry, { execArgv: trainerExecArgv })`. */
export const trainerEntry = fileURLToPath(new URL('./process/main.ts', import.meta.url));
/** Node arguments that let the entry run as TypeScript from any working directory. */
export const trainerExecArgv: readonly string[] = ['--import', import.meta.resolve('tsx')];

export { readCheckpoint, weightsOf, weightsSha256 } from './checkpoints/index.ts';
export type {
  EvaluationItem,
  LocalCheckpoint,
  MetricSeries,
  PhaseJob,
  PhaseResult,
  TrainerCommand,
  TrainerEvent,
} from './jobs/protocol.ts';
export { checkPhaseConfig, MODEL_PRESETS, type PhaseFacts } from './phases/index.ts';
export { runProbe } from './probe/index.ts';
