// What planning needs of the domain: cell i of a sweep file as a row of the grid, a pure function of (spec, i).

import type { CellPlan } from '../store/types.ts';

/** A grid as a function of the index; the same index gives the same cell in every process. */
export interface SweepPlan {
  /** Cells of the grid; nothing is materialised. */
  readonly size: number;
  cell(index: number): CellPlan;
}

/** @param spec the validated sweep file as it is in Postgres */
export type PlanSweep = (spec: unknown) => SweepPlan;
