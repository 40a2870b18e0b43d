// What a follower knows of a sweep at one moment, read from Postgres. Plain data; rendering and judging live elsewhere.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import type { SweepState } from '../../store/index.ts';

/** Cells of one sweep by state; the sum of all is its number of cells once it is planned. */
export interface CellCounts {
  readonly planned: number;
  /** For a running phase that other cells need too. */
  readonly waiting: number;
  readonly running: number;
  readonly paused: number;
  readonly finished: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly stoppedEarly: number;
}

/** A phase with an open attempt; step and loss are of the newest live numbers. */
export interface RunningPhase {
  readonly phaseKey: string;
  readonly kind: string;
  /** null for phases that several systems share, such as a Base. */
  readonly system: string | null;
  readonly latents: number | null;
  readonly seed: number | null;
  /** Of this sweep, that have the phase. */
  readonly cells: number;
  readonly attempt: number;
  readonly node: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly lossNats: number | null;
  readonly tokensPerSecond: number | null;
}

/** An attempt that failed, at its last recorded step, with all cells that wait for it. */
export interface FailedAttempt {
  readonly phaseKey: string;
  readonly kind: string;
  readonly cells: readonly number[];
  readonly attempt: number;
  readonly failure: string | null;
  readonly message: string | null;
  readonly step: number;
}

/** A sweep at the moment of one look at Postgres. */
export interface SweepProgress {
  readonly sweep: string;
  readonly state: SweepState;
  /** Cells of the newest revision, planned or not yet. */
  readonly cells: number;
  readonly counts: CellCounts;
  readonly phases: readonly RunningPhase[];
  /** Since the following began, oldest first. */
  readonly failures: readonly FailedAttempt[];
}

/** Cells that run no more, whatever came of them. */
export const closedCells = (counts: CellCounts): number =>
  counts.finished + counts.failed + counts.cancelled + counts.stoppedEarly;

/** `finetune h2 latents 4 seed 0`, or `base for 8 cells`. */
export function phaseLabel(phase: Pick<RunningPhase, 'kind' | 'system' | 'latents' | 'seed' | 'cells'>): string {
  const { kind, system, latents, seed, cells } = phase;
  if (cells > 1) return `${kind} for ${cells} cells`;
  return [kind, system, latents === null ? null : `latents ${latents}`, seed === null ? null : `seed ${seed}`]
    .filter((part) => part !== null)
    .join(' ');
}

/** `finetune of cell 3, attempt 1 failed at step 40: worker_crash, the trainer ended with SIGKILL`; a node that leaves is no failure. */
export function failureText({ kind, cells, attempt, failure, message, step }: FailedAttempt): string {
  const whose = cells.length === 1 ? `cell ${cells[0]}` : `${cells.length} cells`;
  const how = failure === 'preempted' ? 'was stopped' : 'failed';
  return `${kind} of ${whose}, attempt ${attempt} ${how} at step ${step}: ${failure ?? 'unknown'}, ${visibleLine(message ?? '')}`;
}
