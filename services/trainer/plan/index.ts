// The border of plans.
export type { MemoryPlan } from './memory-plan.ts';
export { checkFits, largestFitting, type PhasePlan, planLoadedPhase, planPhase } from './plan-phase.ts';
