// The store's border: what the orchestrator writes and everybody reads. Every function is one transaction unless it takes `tx`.
// Numbers and rules: architecture.md sections 4 and 6. Implementations live beside their SQL, one query per file.

import type { AttemptFailure } from '../../workflows/domain/errors.ts';
import type { PhaseKind, PlannedTrial } from '../../workflows/domain/phases.ts';

export type SweepState = 'planning' | 'running' | 'paused' | 'finished' | 'cancelled';
export type CellState = 'planned' | 'running' | 'paused' | 'finished' | 'failed' | 'cancelled' | 'stopped_early';

export interface SweepRow {
  readonly sweepId: number;
  readonly name: string;
  readonly revision: number;
  readonly state: SweepState;
  /** The sweep file as validated JSON. */
  readonly spec: unknown;
  readonly specHash: string;
  readonly cells: number;
}

/** A planned cell as written to the grid: the trial, its phases, and what the study views show of it. */
export interface CellPlan {
  readonly trial: PlannedTrial;
  /** Canonical trial settings (JSON). */
  readonly settings: unknown;
  /** The cell's axis values by dotted path. */
  readonly point: Readonly<Record<string, unknown>>;
  readonly system: string;
  readonly task: string;
  readonly latents: number;
  readonly channel: string | null;
  readonly capacityFloatsPerLatent: number | null;
  readonly seed: number;
  readonly totalStepsByPhase: readonly number[];
}

export interface PhaseRef {
  readonly phaseId: number;
  readonly key: string;
  readonly kind: PhaseKind;
  readonly state: 'planned' | 'running' | 'finished' | 'failed';
  readonly parentKey: string | null;
}

export interface TrialOpening {
  readonly trialId: number;
  readonly trialKey: string;
  readonly state: CellState;
  readonly phases: readonly PhaseRef[];
}

export interface ClaimOwner {
  readonly workflowId: string;
  readonly runId: string;
}

/** Answer to the claim of a phase (architecture.md section 3, "Phases that several trials need"). */
export type Claim =
  | { readonly kind: 'run'; readonly fence: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: AttemptFailure; readonly message: string }
  | { readonly kind: 'wait'; readonly owner: ClaimOwner };

export interface CheckpointRow {
  readonly uri: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly step: number;
}

export interface AttemptOpening {
  readonly attempt: number;
  readonly phaseId: number;
  readonly phaseKey: string;
  readonly configJson: string;
  /** Final checkpoint of the parent phase. */
  readonly parent: CheckpointRow | null;
  /** Newest committed checkpoint; rows beyond its step were moved to metrics_superseded in this transaction. */
  readonly resume: CheckpointRow | null;
  readonly totalSteps: number;
}

export interface AttemptPlace {
  readonly nodeId: string;
  readonly slot: number;
  readonly device: string;
  /** To adopt the activity when its orchestrator dies (temporal.md, "Adoption"). */
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
}

export interface SegmentCommit {
  readonly phaseId: number;
  readonly attempt: number;
  /** Spool sequence of the event; equal or older ones are already recorded and change nothing. */
  readonly seq: bigint;
  readonly fromStep: number;
  readonly toStep: number;
  readonly metrics: readonly { readonly name: string; readonly steps: readonly number[]; readonly values: readonly number[] }[];
  readonly items: readonly {
    readonly item: number;
    readonly prediction: string;
    readonly gold: string;
    readonly correct: boolean;
    readonly tokens: number;
    readonly seconds: number;
  }[];
  readonly checkpoint: CheckpointRow | null;
  readonly deviceSeconds: number;
  readonly tokens: number;
}

/** `fenced`: a newer attempt owns the phase and nothing was written. */
export type CommitOutcome = 'committed' | 'already_committed' | 'fenced';

export interface OpenAttempt {
  readonly phaseId: number;
  readonly phaseKey: string;
  readonly attempt: number;
  readonly place: AttemptPlace;
  readonly lastSeq: bigint;
}
