// The border of the trainer: how to start its process, the messages it speaks, and what can be said of a phase before it runs.

export { readCheckpoint, weightsOf, weightsSha256 } from './checkpoints/index.ts';
export { haveExclusiveCores } from './jobs/exclusive-cores.ts';
export type {
  LocalCheckpoint,
  PhaseJob,
  TrainerCommand,
  TrainerEvent,
} from './jobs/protocol.ts';
export { checkPhaseConfig, type PhaseFacts, phaseChecker } from './phases/index.ts';
export { checkFits, largestFitting, type MemoryPlan, type PhasePlan, planPhase } from './plan/index.ts';
export { runProbe } from './probe/index.ts';
export { trainerEntry, trainerExecArgv } from './process/entry.ts';
export { chromeTrace, profilePhase, type StepProfile, type TimeShare } from './profile/index.ts';
export {
  checkpointOf,
  type DonePhase,
  exportTrial,
  metricEnds,
  metricsFile,
  runTrial,
  type StandalonePhase,
  type StandaloneTrial,
  type TrialEnd,
  type TrialObserver,
} from './standalone/index.ts';
export { countProblems } from './tasks/index.ts';
export { describeWeights, shapeOfFolder } from './weights/index.ts';
