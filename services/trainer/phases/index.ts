// The border of the phases.
export { checkPhaseConfig, type PhaseFacts, phaseChecker } from './check-phase-config.ts';
export { executePhase } from './execute-phase.ts';
export type { PhaseHost } from './run-work.ts';
export { WarmState } from './warm-state.ts';
