// The border of training alone.
export { exportTrial } from './export-trial.ts';
export { metricEnds, metricsFile } from './row-files.ts';
export {
  checkpointOf,
  runTrial,
  type StandalonePhase,
  type StandaloneTrial,
  type TrialEnd,
  type TrialObserver,
} from './run-trial.ts';
export type { DonePhase } from './trial-state.ts';
