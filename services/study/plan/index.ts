// From a sweep file to trials and phases: the grid, canonical settings, identities, steps.

export { hasQuestions } from './canonical-settings.ts';
export { compareSweeps, type SweepComparison } from './compare-sweeps.ts';
export { ENGINE_VERSION } from './engine-version.ts';
export { cellsBeforeExclusion, type GridPoint, gridOf } from './grid.ts';
export { canonicalJson, contentHash } from './identity.ts';
export { phaseSteps, type SplitSizes, splitSizes, stageCount, stepsOfStage } from './phase-steps.ts';
export { examplesIn, type Pipeline } from './pipeline.ts';
export { countTrials, type PlannedCell, type PlannedSweep, planSweepFile, settingsAt } from './plan-sweep-file.ts';
export type { FileFacts, SweepSpec } from './sweep-spec.ts';
