// The activities as the workflows see them: ids in, small results out (specs, metrics and configs live in Postgres).
// Types only; the implementations are in services/orchestrator/activities.

import type { SweepSettings, SweepSummary } from './contract.ts';
import type { AttemptFailure } from './domain/errors.ts';

/** Cells [from, to). */
export interface CellRange {
  readonly from: number;
  readonly to: number;
}

export interface OpenedPhase {
  readonly key: string;
  readonly state: 'planned' | 'running' | 'finished' | 'failed';
}

export interface OpenedTrial {
  readonly cell: number;
  readonly trialId: number;
  readonly phases: readonly OpenedPhase[];
}

export interface OwnerRef {
  readonly workflowId: string;
  readonly runId: string;
}

/** Why a trial or phase ended without a result; `message` is one sentence for people. */
export interface FailureSummary {
  readonly failure: AttemptFailure;
  readonly message: string;
}

/** How one dispatch on the `gpu` queue ended. `wait`: another workflow has the phase. */
export type DispatchResult =
  /** `closed`: the trial that was closed with it. */
  | { readonly kind: 'finished'; readonly closed: number | null }
  | ({ readonly kind: 'failed' } & FailureSummary)
  | { readonly kind: 'wait'; readonly owner: OwnerRef }
  /** Slots are free, but none that the phase fits. */
  | { readonly kind: 'unfit' }
  /** The phase that it starts from is not finished any more: its weights were lost. That one runs first; the claim is kept. */
  | { readonly kind: 'parent'; readonly phaseKey: string };

export interface SweepActivities {
  /** Writes every cell of the sweep's current revision to Postgres. Idempotent; heartbeats. */
  planSweep(input: {
    readonly sweepId: number;
  }): Promise<{ readonly revision: number; readonly cells: number; readonly phasesPerTrial: number }>;
  /** The first range with cells that are not closed, outside the ranges in `running`; null when there is none. */
  nextRange(input: {
    readonly sweepId: number;
    readonly size: number;
    readonly running: readonly CellRange[];
  }): Promise<{ readonly range: CellRange | null; readonly slots: number }>;
  /** The cells of the range that are not closed. */
  openCells(input: { readonly sweepId: number } & CellRange): Promise<readonly OpenedTrial[]>;
  closeTrial(input: { readonly trialId: number; readonly failed: FailureSummary | null }): Promise<void>;
  /** Gives the claim of this workflow back; nothing happens when it has none. */
  releasePhase(input: { readonly phaseKey: string }): Promise<void>;
  failPhase(input: { readonly phaseKey: string } & FailureSummary): Promise<void>;
  setSweepState(input: { readonly sweepId: number; readonly state: 'planning' | 'running' | 'paused' }): Promise<void>;
  saveSettings(input: { readonly sweepId: number; readonly settings: SweepSettings }): Promise<void>;
  /** Failed phases and trials become planned again; answers how many trials. */
  retryFailed(input: { readonly sweepId: number }): Promise<number>;
  /** Final state in Postgres. */
  closeSweep(input: { readonly sweepId: number; readonly state: 'finished' | 'cancelled' }): Promise<SweepSummary>;
}

export interface RunPhaseInput {
  readonly phaseKey: string;
  /** Trial that is finished with this phase; closed in the same dispatch. */
  readonly closes: number | null;
  /** The owner that was seen closed; the claim passes on by a higher fence. */
  readonly takeOver: OwnerRef | null;
}

export interface GpuActivities {
  /**
   * Claims the phase and runs one attempt of it on a slot of the fleet to its end; claiming here and not in an activity of its own
   * halves the events of a batch. Gives the claim back when cancelled. Failures carry `PhaseFailureDetails`.
   */
  runPhase(input: RunPhaseInput): Promise<DispatchResult>;
}

export interface WaitActivities {
  /** Ends with null when the phase changed, with the owner when the owner's workflow is closed. */
  waitPhase(input: { readonly phaseKey: string; readonly owner: OwnerRef }): Promise<OwnerRef | null>;
  /** Ends when a slot that the phase fits is free; somebody else may be faster. */
  waitFit(input: { readonly phaseKey: string }): Promise<void>;
}

/** `details[0]` of the ApplicationFailure of `runPhase`; its type is the stable error code. */
export interface PhaseFailureDetails extends FailureSummary {
  /** Attempts of this phase that have ended with this failure class, this one included; counted in Postgres. */
  readonly attemptsOfClass: number;
  /** What the orchestrator decided: wait before the next attempt, null = none. Absent in failures recorded before 0.2. */
  readonly retryInMs?: number | null;
}
