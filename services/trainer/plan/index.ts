// The border of plans.
export type { MemoryPlan } from './memory-plan.ts';
export type { PhasePlan } from './phase-plan.ts';
export { checkFits, largestFitting, planLoadedPhase, planPhase } from './plan-phase.ts';
