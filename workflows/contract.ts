// What callers of the workflows must know: ids, queues, commands and their data. Plain types and pure functions only, so that
// the client, the orchestrator and the workflows share them; nothing here imports Temporal.

import { LatentSweepError } from './domain/errors.ts';

export const QUEUES = {
  /** Workflows and short activities. */
  orchestrator: 'orchestrator',
  /** `runPhase`; polled only while a connected node has a free slot. */
  gpu: 'gpu',
  /** `waitPhase`: waiters hold no slot of the fleet. */
  wait: 'wait',
} as const;

/**
 * Time-out of a workflow task, ms: so long a task of a killed orchestrator is lost. Longer than the replay of a full batch on a busy machine
 * (0.3 s measured on an idle one).
 */
export const WORKFLOW_TASK_TIMEOUT_MS = 5_000;

/** What `lsweep set` changes on a running sweep. */
export interface SweepSettings {
  /** Temporal priority, 1 (first) to 5 (last). */
  readonly priority: number;
  /** Share of the fleet against other sweeps of the same priority. */
  readonly weight: number;
  /** Most phases running at once; null = as many as there are slots. */
  readonly width: number | null;
}

export interface SweepInput {
  readonly sweep: string;
  readonly sweepId: number;
  readonly settings: SweepSettings;
  /** Most cells of one batch; the number of phases of a trial bounds it too (`cellsPerBatch`). */
  readonly batchSize: number;
  /** Silence after which Temporal gives a running phase to the next orchestrator, ms; adoption is usually sooner. */
  readonly heartbeatTimeoutMs: number;
  /** Carried over continue-as-new. */
  readonly paused: boolean;
}

export interface SweepSummary {
  readonly state: 'finished' | 'cancelled';
  readonly finished: number;
  readonly failed: number;
}

/** Everything a batch follows; the sweep sends the whole of it with every change, so that order and repetition do not matter. */
export interface BatchControl {
  /** Ascending; an older one than the known is ignored. */
  readonly version: number;
  readonly paused: boolean;
  readonly priority: number;
  readonly weight: number;
  /** Most phases this batch may run at once; null = no bound. */
  readonly share: number | null;
  /** Grows when closed cells were planned again: the batch reads its range anew. */
  readonly reopenings: number;
}

export interface BatchInput {
  readonly sweep: string;
  readonly sweepId: number;
  /** Cells [from, to). */
  readonly from: number;
  readonly to: number;
  readonly heartbeatTimeoutMs: number;
  readonly control: BatchControl;
}

/** What a batch came to; batches started before 0.3 say nothing. */
export type BatchSummary = { readonly closed: number } | undefined;

/** Names of the sweep's updates; all are idempotent. */
export const UPDATES = {
  start: 'start',
  extend: 'extend',
  pause: 'pause',
  resume: 'resume',
  cancel: 'cancel',
  retryFailed: 'retryFailed',
  set: 'set',
} as const;

export const CONTROL_SIGNAL = 'control';
export const STATUS_QUERY = 'status';

export interface SweepStatus {
  readonly paused: boolean;
  readonly cancelled: boolean;
  readonly planned: boolean;
  readonly settings: SweepSettings;
  readonly running: readonly { readonly from: number; readonly to: number }[];
}

/** Largest share of a history that a batch may use with retries of a few trials included (limit: 4,096 events). */
const BATCH_EVENTS = 3_200;

/** Cells of one batch. A phase costs three events of its activity and at most three of a workflow task; the rest is for retries. */
export function cellsPerBatch(wanted: number, phasesPerTrial: number): number {
  return Math.max(1, Math.min(wanted, Math.floor(BATCH_EVENTS / (7 * phasesPerTrial + 1))));
}

/** Batches in flight, so that the tail of one leaves no slot idle (docs/design/architecture.md section 3). */
export function batchesInFlight(width: number | null, slots: number, batchSize: number): number {
  if (width === null) return Math.ceil(Math.max(slots, 1) / batchSize) + 1;
  return Math.min(width, Math.ceil(width / batchSize) + 1);
}

/** Width split over the running batches, oldest first; sums to `width` when there are at most `width` batches. */
export function sharesOfWidth(width: number | null, batches: number): readonly (number | null)[] {
  return Array.from({ length: batches }, (_, i) =>
    width === null ? null : Math.floor(width / batches) + (i < width % batches ? 1 : 0),
  );
}

/** @throws LatentSweepError SPEC_INVALID naming the bad value. */
export function checkSettings(settings: SweepSettings): void {
  const { priority, weight, width } = settings;
  const problem = !(Number.isInteger(priority) && priority >= 1 && priority <= 5)
    ? `priority is ${priority}; allowed are whole numbers from 1 (first) to 5 (last)`
    : !(weight >= 0.001 && weight <= 1000)
      ? `weight is ${weight}; allowed are numbers from 0.001 to 1000`
      : width !== null && !(Number.isInteger(width) && width >= 1)
        ? `width is ${width}; allowed are whole numbers from 1, or null for no bound`
        : null;
  if (problem !== null) throw new LatentSweepError('SPEC_INVALID', problem);
}
