// The store's border: what the orchestrator writes and everybody reads. Every function is one transaction unless it takes `tx`.
// Numbers and rules: docs/design/architecture.md sections 4 and 6. Implementations live beside their SQL, one query per file.

import type { AttemptOverrides } from '../../workflows/domain/attempt-overrides.ts';
import type { AttemptFailure } from '../../workflows/domain/errors.ts';
import type { NodeOutcome } from '../../workflows/domain/node-health.ts';
import type { Retries } from '../../workflows/domain/retries.ts';
import type { RecordedSegment, StoredCheckpoint } from '../../workflows/domain/segment.ts';
import type { PhaseKind, PlannedTrial, Resources } from '../study/settings/index.ts';
/**
 * `planning` while its cells are written, `paused` by a person; only an extension or a retry leaves `finished` and
 * `cancelled`.
 */
export type SweepState = 'planning' | 'running' | 'paused' | 'finished' | 'cancelled';
/** State of a cell as people see it. `waiting`: for a running phase that other cells need too; the last four are ends. */
export type CellState =
  | 'planned'
  | 'waiting'
  | 'running'
  | 'paused'
  | 'finished'
  | 'failed'
  | 'cancelled'
  | 'stopped_early';

/** A sweep at its present revision. */
export interface SweepRow {
  readonly sweepId: number;
  readonly name: string;
  /** 1 as created; one more for each extension. */
  readonly revision: number;
  readonly state: SweepState;
  /** The sweep file as validated JSON. */
  readonly spec: unknown;
  /** Hash of the canonical sweep file; equal files have equal hashes. */
  readonly specHash: string;
  /** Number of cells of this revision, those of earlier revisions included. */
  readonly cells: number;
}

/** A planned cell as written to the grid: the trial, its phases, and what the study views show of it. */
export interface CellPlan {
  /** Key, index of the cell in grid order, and the phases in the order in which they run. */
  readonly trial: PlannedTrial;
  /** Canonical trial settings (JSON). */
  readonly settings: unknown;
  /** The cell's axis values by dotted path. */
  readonly point: Readonly<Record<string, unknown>>;
  /** System under study, as written in the sweep file. */
  readonly system: string;
  /** Name of the task, as written in the sweep file. */
  readonly task: string;
  /** Latent budget N_L. */
  readonly latents: number;
  /** What is exchanged per latent; null for systems without a channel. */
  readonly channel: string | null;
  /** Floats exchanged per latent; null for systems without a channel. */
  readonly capacityFloatsPerLatent: number | null;
  readonly seed: number;
  /** Optimizer steps, or questions of an evaluation, of each phase of `trial`, in the same order. */
  readonly totalStepsByPhase: readonly number[];
}

/** A phase as its trials see it. */
export interface PhaseRef {
  /** Row number in this database; never part of results. */
  readonly phaseId: number;
  /** Hash of the settings of the phase; the same in every database. */
  readonly key: string;
  readonly kind: PhaseKind;
  /** `running` exactly while it has an open attempt. */
  readonly state: 'planned' | 'running' | 'finished' | 'failed';
  /** Phase whose final weights it starts from; null = from a fresh model. */
  readonly parentKey: string | null;
}

/** An open trial with its phases in the order in which they run. */
export interface TrialOpening {
  readonly trialId: number;
  /** Hash of the settings of the trial; the same in every database. */
  readonly trialKey: string;
  readonly state: CellState;
  readonly phases: readonly PhaseRef[];
}

/** The workflow run that has a phase; a new run of the same workflow is another owner. */
export interface ClaimOwner {
  readonly workflowId: string;
  readonly runId: string;
}

/** Answer to the claim of a phase (docs/design/architecture.md section 3, "Phases that several trials need"). */
export type Claim =
  | { readonly kind: 'run'; readonly fence: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: AttemptFailure; readonly message: string }
  | { readonly kind: 'wait'; readonly owner: ClaimOwner };

/** What a node needs to begin or resume an attempt. */
export interface AttemptOpening {
  /** Number of the attempt within its phase, from 1; the fencing token of everything it writes. */
  readonly attempt: number;
  readonly phaseId: number;
  readonly phaseKey: string;
  /** Settings of the phase as canonical JSON, of which the phase's key is the hash. */
  readonly configJson: string;
  /** Final checkpoint of the parent phase. */
  readonly parent: StoredCheckpoint | null;
  /** Newest committed checkpoint; rows beyond its step were moved to metrics_superseded in this transaction. */
  readonly resume: StoredCheckpoint | null;
  /** Of the whole phase, not of what is left after `resume`. */
  readonly totalSteps: number;
  /** What it does otherwise than the config, because of how earlier attempts failed. */
  readonly overrides: AttemptOverrides;
}

/** What decides where a phase may and should run. */
export interface PhasePlacement {
  /** Settings of the phase as canonical JSON. */
  readonly configJson: string;
  /** Of the sweep whose batch has the claim. */
  readonly resources: Resources;
  /** Attempts so far. */
  readonly attempts: number;
  /** Node that wrote the phase's newest checkpoint, and still has it on disk unless its cache was full. */
  readonly checkpointNode: string | null;
  /** The same of the parent phase, where that is no Base, which all nodes come to have. */
  readonly parentNode: string | null;
  /** The phase whose final weights it starts from; `isLost`: their file is missing or damaged. It must be finished, and not lost. */
  readonly parent: { readonly key: string; readonly state: PhaseRef['state']; readonly isLost: boolean } | null;
  /** Nodes on which it failed in a way that may be theirs. */
  readonly failedOn: readonly string[];
}

/** A slot somewhere in the fleet. */
export interface TrialPlace {
  readonly nodeId: string;
  /** Index on its node, from 0. */
  readonly slot: number;
  /** `cpu`, `cuda` or `simulate`. */
  readonly device: string;
  /** 0 = not known. */
  readonly memoryBytes: number;
  /** No open attempt has it. */
  readonly free: boolean;
}

/** Why a phase or a node went as it did; each is one row that `lsweep why` and `lsweep nodes` show. */
export type DecisionKind =
  | ('placed' | 'retry' | 'given_up' | 'microbatch_halved' | 'data_reordered' | 'rate_lowered' | 'adopted')
  | ('waits' | 'taken_over' | 'fits_nowhere' | 'asked_again' | 'reopened' | 'weights_differ')
  | ('quarantined' | 'quarantine_extended' | 'readmitted');

/** One decision, with what it was about; null where it is about no phase, attempt or node. */
export interface Decision {
  readonly kind: DecisionKind;
  readonly phaseKey: string | null;
  readonly attempt: number | null;
  readonly nodeId: string | null;
  /** One sentence for people. */
  readonly reason: string;
  /** Numbers behind the reason, for programs. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** A node that gets no phases but a canary. */
export interface NodeQuarantine {
  readonly nodeId: string;
  readonly reason: string;
  /** Until it may try a canary; negative = already. */
  readonly canaryInMs: number;
}

/** Where an attempt runs, and which Temporal activity follows it. */
export interface AttemptPlace {
  readonly nodeId: string;
  /** Index on its node, from 0. */
  readonly slot: number;
  readonly device: string;
  /** To adopt the activity when its orchestrator dies (docs/design/temporal.md section 5). */
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
}

/** A segment and whose it is: what an attempt did between two commits, the unit of metrics, progress and resume. */
export interface SegmentCommit extends RecordedSegment {
  readonly phaseId: number;
  /** Number of the attempt; a newer one of the same phase fences this one off. */
  readonly attempt: number;
  /** Spool sequence of the event; equal or older ones are already recorded and change nothing. */
  readonly seq: bigint;
}

/** `fenced`: a newer attempt owns the phase and nothing was written. */
export type CommitOutcome = 'committed' | 'already_committed' | 'fenced';

/** An attempt that the record says is running, for whoever follows it next. */
export interface OpenAttempt {
  readonly phaseId: number;
  readonly phaseKey: string;
  readonly attempt: number;
  readonly place: AttemptPlace;
  /** Spool sequence of the newest recorded event; 0 = none. */
  readonly lastSeq: bigint;
  /** Last recorded step, or where it resumed. */
  readonly step: number;
  /** Of the whole phase. */
  readonly totalSteps: number;
}

/** What `createSweep` found under the name: `different` = another sweep file has it, nothing was written. */
export interface SweepCreation {
  /** The sweep that has the name now, ours or the other. */
  readonly sweep: SweepRow;
  readonly kind: 'created' | 'same' | 'different';
}

/** What `lsweep set` changes; the same shape as workflows/contract.ts. */
export interface SweepSettingsRow {
  /** From 1 (gets slots first) to 5 (last). */
  readonly priority: number;
  /** Share of the slots among sweeps of one priority, relative to their weights. */
  readonly weight: number;
  /** Most phases that run at a time; null = as many as there are slots. */
  readonly width: number | null;
}

/** A sweep file as it is written; `spec` is the validated file as JSON. */
export interface NewSweep extends SweepSettingsRow {
  readonly name: string;
  readonly spec: unknown;
  /** Hash of the canonical sweep file. */
  readonly specHash: string;
  /** Number of cells of the grid. */
  readonly cells: number;
}

/** The part of the store that commands on sweeps call. */
export interface SweepFileStore {
  /** Writes a sweep file under its name; repeated, it answers `same`. It never changes a sweep that exists. */
  createSweep(file: NewSweep): Promise<SweepCreation>;
  /**
   * Writes the file as the revision after `from`, which the caller has compared it with; the same file again answers the present one.
   * @returns null when the sweep is at another revision meanwhile @throws LatentSweepError NOT_FOUND
   */
  extendSweep(file: NewSweep, from: number): Promise<SweepRow | null>;
  /** The present revision; null when no sweep has the name. */
  sweepByName(name: string): Promise<(SweepRow & SweepSettingsRow) | null>;
}

/** What a deletion takes; the rest is shared with other sweeps and stays. */
export interface DeletionPlan {
  /** Cells of all revisions. */
  readonly cells: number;
  /** Trials that no other sweep has. */
  readonly trials: number;
  /** Phases that no trial of another sweep has. */
  readonly phases: number;
  /** Checkpoints in the artifact store. */
  readonly files: number;
  /** Their sizes together. */
  readonly bytes: number;
  /** Attempts that still run; the deletion waits for none of them, it is refused. */
  readonly openAttempts: number;
}

/** The part of the store that deletes; every call can be repeated. */
export interface SweepDeletionStore {
  /**
   * Counts what would go; changes nothing.
   * @throws LatentSweepError NOT_FOUND; CONFLICT when tables of users refer to its rows
   */
  deletionPlan(sweepId: number): Promise<DeletionPlan>;
  /** Some cells, with what only they have. @returns how many; 0 = none is left. @throws LatentSweepError CONFLICT while one runs */
  deleteCells(sweepId: number): Promise<number>;
  /** The sweep's own rows, when its cells are gone. */
  deleteSweep(sweepId: number): Promise<void>;
  /** Has files removed whose rows are deleted, those of interrupted deletions too; not those that a row names again. @returns how many */
  removeGarbage(remove: (uri: string) => Promise<void>): Promise<number>;
}

/** The part of the store that keeps disks from filling with checkpoints; every call can be repeated. */
export interface CheckpointCollection extends Pick<SweepDeletionStore, 'removeGarbage'> {
  /** What this database is to an artifact store (`claim`). */
  installationId(): Promise<string>;
  /** Deletes the rows of these phases that nothing needs and remembers their files. @returns phases that were busy, to be asked again */
  dropCheckpoints(phaseIds: readonly number[]): Promise<readonly number[]>;
  /** The same of every phase that has too many. */
  dropAllCheckpoints(): Promise<void>;
  /** Remembers those of the files that no row names or will name. @returns how many */
  noteOrphans(
    files: readonly { readonly uri: string; readonly phaseKey: string; readonly step: number }[],
  ): Promise<number>;
}

/** Cells of a sweep by whether and how they ended; their sum is its number of cells. */
export interface SweepSummaryCounts {
  /** With a result, stopped early or not. */
  readonly finished: number;
  /** Ended by a failure; a retry opens them again. */
  readonly failed: number;
  /** Not ended yet, whether begun or not. */
  readonly open: number;
}

/** How an attempt failed, as it is recorded and shown. */
export interface FailureReport {
  /** Stable error code (workflows/domain/errors.ts). */
  readonly code: string;
  /** Class that decides about a retry (workflows/domain). */
  readonly failure: AttemptFailure;
  /** A sentence for people; null characters are made visible. */
  readonly message: string;
  /** Values behind the message, for programs. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** A node as it registered. */
export interface NodeRow {
  readonly nodeId: string;
  /** host:port at which its gRPC server answers replicas. */
  readonly address: string;
  /** Changes with every start of the node's process. */
  readonly incarnation: string;
  /** How many attempts it runs at a time. */
  readonly slots: number;
  /** Version of the trainer; results of different versions may differ in the last bits. */
  readonly engineVersion: string;
  /** Memory of the whole machine. */
  readonly memoryBytes: number;
  /** One entry per slot. */
  readonly places: readonly Omit<TrialPlace, 'nodeId' | 'free'>[];
}

/** Who registers under the name of a node. */
export interface NodeInstance {
  /** Kept in the node's state folder; null = a version without one, whose name anybody may take. */
  readonly id: string | null;
  /** For how long the name is kept from other instances. */
  readonly leaseMs: number;
  /** Whether it may have the name of another instance whose time has passed. */
  readonly mayReplace: boolean;
}

/** The part of the store that the orchestrator calls; `openStore` of index.ts answers it and more. Methods retry by themselves only for moments; they throw STORE_UNREACHABLE when Postgres stays away. */
export interface OrchestratorStore {
  /**
   * Brings the schema to this version; safe while others read.
   * @throws LatentSweepError SCHEMA_MISMATCH when the database is newer, or an applied file has changed since
   */
  migrate(): Promise<unknown>;
  /** The present revision; null when it was deleted. */
  sweepById(sweepId: number): Promise<SweepRow | null>;
  /** Sets the state; repeated, it changes nothing. A sweep with an open cell is not set to `finished`. */
  setSweepState(sweepId: number, state: SweepState): Promise<void>;
  /** Sets all three; batches read them when they look for the next trial. */
  updateSweepSettings(
    sweepId: number,
    settings: { readonly priority: number; readonly weight: number; readonly width: number | null },
  ): Promise<void>;
  /** Keys of the trials that the sweep already has, in any revision; an extension appends only the others. */
  sweepTrialKeys(sweepId: number): Promise<ReadonlySet<string>>;
  /**
   * Writes cells with their trials and phases, all or none; what exists already, from this sweep or another, stays as
   * it is.
   * @throws LatentSweepError NOT_FOUND
   */
  planCells(sweepId: number, cells: readonly CellPlan[]): Promise<void>;
  /** First range of at most `size` cells that begins with an open one and touches no excluded range [from, to); null = all closed. */
  nextOpenRange(
    sweepId: number,
    size: number,
    excluded: readonly { readonly from: number; readonly to: number }[],
  ): Promise<{ readonly from: number; readonly to: number } | null>;
  /** Trials of cells [from, to) that are neither finished, failed, cancelled nor stopped early, in cell order. */
  openTrials(sweepId: number, from: number, to: number): Promise<readonly (TrialOpening & { readonly cell: number })[]>;
  /**
   * Ends a trial in every sweep that has it; repeated, it changes nothing. A result is never overwritten by a
   * failure.
   */
  closeTrial(
    trialId: number,
    state: 'finished' | 'failed',
    failure?: { readonly failure: AttemptFailure; readonly message: string },
  ): Promise<void>;
  /** Cells of the sweep by final state. */
  sweepCounts(sweepId: number): Promise<{ readonly finished: number; readonly failed: number; readonly open: number }>;
  /**
   * Opens the failed trials and phases of a sweep again; earlier failures no longer count. @returns indices of the
   * cells, ascending
   */
  retryFailed(sweepId: number): Promise<readonly number[]>;

  /** Idempotent for the same owner. `takeOver`: that owner is known to be closed. */
  claimPhase(
    phaseKey: string,
    owner: ClaimOwner,
    options?: { readonly takeOver?: ClaimOwner | undefined },
  ): Promise<Claim>;
  /** Gives the phase to whoever asks next; nothing happens when `owner` no longer has it. */
  releaseClaim(phaseKey: string, owner: ClaimOwner): Promise<void>;
  /** Calls `onChange` whenever the claim or state of a phase changes; also once after every reconnect with null (anything may have changed). */
  listenPhases(signal: AbortSignal, onChange: (phaseKey: string | null) => void): Promise<void>;
  /** Who has the phase; null when nobody has or it is finished or failed. */
  phaseOwner(phaseKey: string): Promise<ClaimOwner | null>;
  /** Ends the phase for every trial that needs it; a finished one stays finished. @throws LatentSweepError NOT_FOUND */
  failPhase(phaseKey: string, failure: { readonly failure: AttemptFailure; readonly message: string }): Promise<void>;

  /**
   * Has a finished phase run again whose last checkpoint is marked as missing or damaged: from its newest good one, or from the beginning. Nothing
   * happens in any other state.
   */
  reopenLost(phaseKey: string): Promise<void>;

  /** @throws LatentSweepError FENCED when the claim of `fence` has passed on, the phase is finished, or its parent has no weights to start from. */
  openAttempt(phaseKey: string, fence: number, place: AttemptPlace, reason: string): Promise<AttemptOpening>;
  /** Another activity follows the open attempt from now on. */
  moveAttempt(
    phaseId: number,
    attempt: number,
    activity: { readonly workflowId: string; readonly runId: string; readonly activityId: string },
  ): Promise<void>;
  /**
   * Records segments of any attempts in one transaction, each once whatever is repeated. @returns one outcome per
   * segment, in order
   * @throws LatentSweepError NOT_FOUND for an attempt that never was, INTERNAL when a series has not as many steps as
   * values
   */
  commitSegments(commits: readonly SegmentCommit[]): Promise<readonly CommitOutcome[]>;
  /**
   * Records the result of a finished phase and ends its attempt; repeated, it answers `already_committed`.
   * @throws LatentSweepError EVENT_REFUSED when the result has another form, NOT_FOUND
   */
  completePhase(phaseId: number, attempt: number, seq: bigint, resultJson: string): Promise<CommitOutcome>;
  /** A checkpoint that the report blames (domain/checkpoint-fault.ts) is marked, never to be started from again, and the attempt not counted. */
  failAttempt(phaseId: number, attempt: number, report: FailureReport): Promise<void>;
  /** Stopped on request at its last commit. */
  stopAttempt(phaseId: number, attempt: number): Promise<void>;
  /** Ends of the phase's attempts by failure class, forgiven ones left out, and the budgets of the sweep that runs it. */
  failureRecord(phaseId: number): Promise<{
    readonly counts: Readonly<Partial<Record<AttemptFailure, number>>>;
    readonly retries: Retries;
  }>;
  /** What is recorded of an attempt. @throws LatentSweepError NOT_FOUND */
  attemptRecord(phaseId: number, attempt: number): Promise<Pick<OpenAttempt, 'lastSeq' | 'step' | 'totalSteps'>>;
  /** Writes one row for `lsweep why`; repeated, it is there twice. */
  recordDecision(decision: Decision): Promise<void>;
  /** Says what a phase waits for that fits nowhere, until its next attempt. @returns whether it said something else before */
  waitFor(phaseKey: string, what: string): Promise<boolean>;
  /** Open attempts whose place is the node; empty for a node that nobody knows. */
  openAttemptsOnNode(nodeId: string): Promise<readonly OpenAttempt[]>;
  /**
   * Overwrites the live progress of open attempts, all in one statement; `lossNats` per token. Never part of results.
   */
  attemptProgress(
    rows: readonly {
      readonly phaseId: number;
      readonly attempt: number;
      readonly step: number;
      readonly totalSteps: number;
      readonly lossNats: number | null;
      readonly tokensPerSecond: number;
    }[],
  ): Promise<void>;
  /** What decides where the phase may run next. @throws LatentSweepError NOT_FOUND */
  placementOf(phaseKey: string): Promise<PhasePlacement>;
  /** Slots of all nodes that some replica serves and that are trusted or may try a canary. */
  places(): Promise<readonly TrialPlace[]>;

  /** @returns false when the name is another instance's: nothing is written */
  upsertNode(node: NodeRow, instance: NodeInstance): Promise<boolean>;
  /** True when `replicaId` owns the node for `leaseMs` from now: it did, nobody did, or the owner's lease had expired. */
  ownNode(nodeId: string, replicaId: string, leaseMs: number): Promise<boolean>;
  /** Answers the nodes that are still owned by `replicaId`; their names are kept for their instances as long. */
  renewNodes(nodeIds: readonly string[], replicaId: string, leaseMs: number): Promise<readonly string[]>;
  /** Ends the lease of `replicaId`, so that another replica may serve the node at once; other leases stay. */
  releaseNode(nodeId: string, replicaId: string): Promise<void>;
  /** Those of the nodes that are in quarantine. */
  quarantinesOf(nodeIds: readonly string[]): Promise<readonly NodeQuarantine[]>;
  /** Latest ends of attempts on the node, newest first (domain/node-health.ts). */
  nodeOutcomes(nodeId: string): Promise<readonly NodeOutcome[]>;
  /** Nodes on which the phase failed in a way that may be theirs. */
  failedNodes(phaseId: number): Promise<readonly string[]>;
  /**
   * With the decision and the node's event, in one transaction; what failed on it no longer counts against its phases.
   *
   * @param waitMs until the first canary; doubled by each quarantine before, up to `maxWaitMs`
   * @returns null when another replica was faster
   */
  quarantineNode(
    nodeId: string,
    change: {
      readonly kind: 'quarantine' | 'extend';
      readonly reason: string;
      readonly waitMs: number;
      readonly maxWaitMs: number;
    },
  ): Promise<NodeQuarantine | null>;
  /** The node is trusted again. @returns false when it was not in quarantine */
  readmitNode(nodeId: string, reason: string): Promise<boolean>;
  /** Appends to the node's history, which `lsweep nodes` shows. @throws LatentSweepError NOT_FOUND */
  nodeEvent(nodeId: string, event: string, details: Readonly<Record<string, unknown>>): Promise<void>;
  /** Ends listeners and connections; calls in flight end first. Safe to repeat. */
  close(): Promise<void>;
}
