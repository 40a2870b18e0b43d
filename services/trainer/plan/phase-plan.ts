// What can be said of a phase before it runs.

import type { PhaseConfig } from '../../study/settings/index.ts';
import type { ParameterCounts } from '../../study/systems/index.ts';
import type { MemoryPlan } from './memory-plan.ts';

export interface PhasePlan {
  readonly kind: PhaseConfig['kind'];
  readonly steps: number;
  readonly parameters: ParameterCounts;
  readonly capacityFloatsPerLatent: number | null;
  /** Examples, rows or items of a step. */
  readonly batch: number;
  /** How many of them are computed at a time. */
  readonly together: number;
  /** Key that sets `together`. */
  readonly key: 'base.batch' | 'pretrain.microbatch' | 'train.microbatch' | 'evaluate.batch' | 'analyse.batch';
  /** Matrix products of one step of the largest shape. */
  readonly flopsPerStep: number;
  readonly memory: MemoryPlan;
  /** Same phase, other `together`; null beyond the batch. */
  readonly memoryWith: (together: number) => MemoryPlan;
}
