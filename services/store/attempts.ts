// An attempt from its opening to its end. Lock order everywhere: the phase's row, then the attempt's; commits lock attempts only.
// Rules: docs/design/architecture.md section 4.

import { attemptOverridesSchema, type NextOverrides, nextOverrides } from '../../workflows/domain/attempt-overrides.ts';
import { checkpointAtFault } from '../../workflows/domain/checkpoint-fault.ts';
import { type AttemptFailure, LatentSweepError } from '../../workflows/domain/errors.ts';
import { parsePhaseResult } from '../../workflows/domain/phase-result.ts';
import { retriesSchema } from '../../workflows/domain/retries.ts';
import type { StoredCheckpoint } from '../../workflows/domain/segment.ts';
import { arrayLiteral } from './array-literal.ts';
import { type LockedPhase, lockPhase, ownerOf } from './claims.ts';
import type { Database, Tx } from './database.ts';
import { writeDecision } from './decisions.ts';
import { statement } from './statement.ts';
import { storableJson, storableText } from './storable-text.ts';
import type { AttemptOpening, OpenAttempt, OrchestratorStore, PhaseRef } from './types.ts';

const lockPhaseRow = statement('lock-phase');
const supersedeAttempts = statement('supersede-attempts');
const newestCheckpoint = statement('newest-checkpoint');
const supersedeMetrics = statement('supersede-metrics');
const supersedeItems = statement('supersede-items');
const supersedeCheckpoints = statement('supersede-checkpoints');
const supersedeGpuSeconds = statement('supersede-gpu-seconds');
const dropMetricLast = statement('drop-metric-last');
const restoreMetricLast = statement('restore-metric-last');
const openAttempt = statement('open-attempt');
const startPhase = statement('start-phase');
const moveAttempt = statement('move-attempt');
const lockAttempt = statement('lock-attempt');
const finishAttempt = statement('finish-attempt');
const finishPhase = statement('finish-phase');
const insertEvaluation = statement('insert-evaluation');
const insertAnalyses = statement('insert-analyses');
const endAttempt = statement('end-attempt');
const restPhase = statement('rest-phase');
const dropProgress = statement('drop-progress');
const markCheckpoint = statement('mark-checkpoint');
const excuseAttempt = statement('excuse-attempt');
const parentCheckpoint = statement('parent-checkpoint');
const reopenPhase = statement('reopen-phase');
const forgiveAttempts = statement('forgive-attempts');
const failureRecord = statement('failure-record');
const lastAttempt = statement('last-attempt');
const attemptRecord = statement('attempt-record');
const openAttemptsOnNode = statement('open-attempts-on-node');
const writeProgress = statement('write-progress');

/** Attempts of a phase that a checkpoint may cost it without being counted. */
const MOST_EXCUSED = 50;

type Checkpoint = StoredCheckpoint & { readonly attempt: number; readonly node: string };

/** The part of the store about attempts, each method described at `OrchestratorStore`. */
export type AttemptStore = Pick<
  OrchestratorStore,
  | 'openAttempt'
  | 'moveAttempt'
  | 'completePhase'
  | 'failAttempt'
  | 'reopenLost'
  | 'stopAttempt'
  | 'failureRecord'
  | 'attemptRecord'
  | 'openAttemptsOnNode'
  | 'attemptProgress'
>;

/**
 * Opens, moves and ends attempts; whatever writes on behalf of one does so under its locked row, and only while that
 * row is `open`.
 */
export function attempts(db: Database): AttemptStore {
  return {
    openAttempt: (phaseKey, fence, place, reason) =>
      db.transaction(async (tx): Promise<AttemptOpening> => {
        const phase = await lockPhase(tx, phaseKey);
        const isOpen = phase.state === 'planned' || phase.state === 'running';
        if (!isOpen || phase.fence !== fence || ownerOf(phase) === null) {
          throw new LatentSweepError('FENCED', `the claim ${fence} of phase ${phaseKey} has passed on or is done`, {
            phase: phaseKey,
            fence,
          });
        }
        const attempt = phase.attempt + 1;
        // waits for a commit in flight of the earlier attempt; what comes later is refused
        await tx.query(supersedeAttempts, [phase.phase_id]);
        const resume = await checkpointOf(tx, phaseKey);
        const parent = phase.parent_key === null ? null : await weightsOf(tx, phase.parent_key);
        if (phase.attempt > 0) await supersedeBeyond(tx, phase.phase_id, resume?.step ?? 0, attempt);
        const { overrides, decision } = await overridesOf(tx, phase);
        const noted = [...(decision === null ? [] : [decision]), { kind: 'placed', reason }];
        const { nodeId, slot, device, workflowId, runId, activityId } = place;
        const opened = await tx.query(openAttempt, [
          phase.phase_id,
          attempt,
          fence,
          nodeId,
          slot,
          device,
          workflowId,
          runId,
          activityId,
          resume?.step ?? 0,
          resume?.attempt ?? null,
          storableJson(overrides),
          noted.map((one) => one.kind),
          noted.map((one) => storableText(one.reason)),
          noted.map((one) => (one.kind === 'placed' ? '{}' : storableJson(overrides))),
        ]);
        if (opened.length === 0) throw noNode(nodeId);
        await tx.query(startPhase, [phase.phase_id, attempt]);
        return {
          attempt,
          phaseId: phase.phase_id,
          phaseKey,
          configJson: phase.config_json,
          parent: parent === null ? null : rowOf(parent),
          resume: resume === null ? null : rowOf(resume),
          totalSteps: phase.total_steps,
          overrides,
        };
      }),
    moveAttempt: async (phaseId, attempt, { workflowId, runId, activityId }) => {
      await db.query(moveAttempt, [phaseId, attempt, workflowId, runId, activityId]);
    },
    completePhase: (phaseId, attempt, seq, resultJson) => {
      const result = parsePhaseResult(resultJson);
      return db.transaction(async (tx) => {
        const [phase] = await tx.query<PhaseWeights>(lockPhaseRow, [phaseId]);
        const [row] = await tx.query<{ readonly state: string }>(lockAttempt, [phaseId, attempt]);
        if (row === undefined) throw noAttempt(phaseId, attempt);
        if (row.state === 'finished') return 'already_committed';
        if (row.state !== 'open') return 'fenced';
        await tx.query(finishAttempt, [phaseId, attempt, seq]);
        await tx.query(finishPhase, [phaseId, storableJson(result.value), result.weightsSha256]);
        await tx.query(dropProgress, [phaseId]);
        if (phase !== undefined) await noteOtherWeights(tx, phase, attempt, result.weightsSha256);
        if (result.evaluation !== null) {
          const { split, items, correct, accuracy, chance } = result.evaluation;
          await tx.query(insertEvaluation, [phaseId, split, items, correct, accuracy, chance]);
        }
        if (result.analyses.length > 0) {
          await tx.query(insertAnalyses, [
            phaseId,
            result.analyses.map((one) => storableText(one.name)),
            result.analyses.map((one) => storableText(one.label)),
            result.analyses.map((one) => one.i),
            result.analyses.map((one) => one.j),
            arrayLiteral(result.analyses.map((one) => one.value)),
          ]);
        }
        return 'committed';
      });
    },
    failAttempt: (phaseId, attempt, { failure, code, message, details }) =>
      db.transaction(async (tx) => {
        const end = [failure, code, storableText(message), storableJson(details)];
        const ended = await endOpen(tx, phaseId, attempt, 'failed', end);
        const blamed = checkpointAtFault(code, details);
        if (ended === null || blamed === null) return;
        const given = [phaseId, ended.resume_attempt, ended.resume_step];
        const hit = await tx.query(markCheckpoint, [...given, blamed.sha256, blamed.uri]);
        if (hit.length > 0) await tx.query(excuseAttempt, [phaseId, attempt, MOST_EXCUSED]);
      }),
    reopenLost: (phaseKey) =>
      db.transaction(async (tx) => {
        const phase = await lockPhase(tx, phaseKey);
        const last = await lastCheckpoint(tx, phaseKey);
        if (phase.state !== 'finished' || last?.damaged !== true) return;
        await tx.query(reopenPhase, [phase.phase_id]);
        await tx.query(forgiveAttempts, [[phase.phase_id]]);
        const { step, uri } = last;
        const reason = `runs again: its weights (${uri}) are missing or damaged, and another phase starts from them`;
        const none = { attempt: null, nodeId: null };
        await writeDecision(tx, { kind: 'reopened', phaseKey, ...none, reason, details: { step, uri } });
      }),
    stopAttempt: (phaseId, attempt) =>
      db.transaction(async (tx) => {
        await endOpen(tx, phaseId, attempt, 'stopped', [null, null, null, null]);
      }),
    failureRecord: async (phaseId) => {
      const [row] = await db.query<FailureRow>(failureRecord, [phaseId]);
      if (row === undefined) throw new LatentSweepError('NOT_FOUND', `no phase has id ${phaseId}`, { phaseId });
      return { counts: row.counts, retries: retriesSchema.parse(row.retries ?? {}) };
    },
    attemptRecord: async (phaseId, attempt) => {
      const [row] = await db.query<RecordRow>(attemptRecord, [phaseId, attempt]);
      if (row === undefined) throw noAttempt(phaseId, attempt);
      return fromRecordRow(row);
    },
    openAttemptsOnNode: async (nodeId) => {
      const rows = await db.query<OpenRow>(openAttemptsOnNode, [nodeId]);
      return rows.map((row) => fromOpenRow(row, nodeId));
    },
    attemptProgress: async (rows) => {
      await db.query(writeProgress, [
        rows.map((row) => row.phaseId),
        rows.map((row) => row.attempt),
        rows.map((row) => row.step),
        rows.map((row) => row.totalSteps),
        rows.map((row) => row.lossNats),
        rows.map((row) => row.tokensPerSecond),
      ]);
    },
  };
}

/** Newest checkpoint that counts: neither found damaged nor beyond a later resume. */
async function checkpointOf(tx: Tx, phaseKey: string): Promise<Checkpoint | null> {
  const [row] = await tx.query<Checkpoint>(newestCheckpoint, [phaseKey]);
  return row ?? null;
}

type LastCheckpoint = Checkpoint & { readonly damaged: boolean };

async function lastCheckpoint(tx: Tx, phaseKey: string): Promise<LastCheckpoint | null> {
  const { checkpoint } = await stateAndLast(tx, phaseKey);
  return checkpoint;
}

type NoCheckpoint = { readonly [Column in keyof LastCheckpoint]: null };
type StateAndLast = { readonly state: PhaseRef['state'] };

async function stateAndLast(
  tx: Tx,
  phaseKey: string,
): Promise<{ readonly state: PhaseRef['state'] | null; readonly checkpoint: LastCheckpoint | null }> {
  const [row] = await tx.query<StateAndLast & (LastCheckpoint | NoCheckpoint)>(parentCheckpoint, [phaseKey]);
  if (row === undefined) return { state: null, checkpoint: null };
  return { state: row.state, checkpoint: row.uri === null ? null : row };
}

/** The final checkpoint of a parent phase; null where it made none. @throws LatentSweepError FENCED when it must run again first */
async function weightsOf(tx: Tx, phaseKey: string): Promise<Checkpoint | null> {
  const { state, checkpoint } = await stateAndLast(tx, phaseKey);
  if (state === 'finished' && checkpoint?.damaged !== true) return checkpoint;
  throw new LatentSweepError('FENCED', `the parent phase ${phaseKey} has no weights to start from; it runs first`, {
    parent: phaseKey,
  });
}

type PhaseWeights = { readonly phase_key: string; readonly weights_sha256: string | null };

/** A phase that ran again, because its weights were lost, should have come to the same bits; another machine may not. */
async function noteOtherWeights(
  tx: Tx,
  { phase_key: phaseKey, weights_sha256: before }: PhaseWeights,
  attempt: number,
  sha256: string | null,
): Promise<void> {
  if (before === null || before === sha256) return;
  const reason = 'came to other weights than before: phases that started from the earlier ones are not from these';
  const details = { before, after: sha256 };
  await writeDecision(tx, { kind: 'weights_differ', phaseKey, attempt, nodeId: null, reason, details });
}

/** Moves everything recorded beyond `step` out of the record; the new attempt does it again. */
async function supersedeBeyond(tx: Tx, phaseId: number, step: number, attempt: number): Promise<void> {
  const beyond = [phaseId, step, attempt];
  await tx.query(supersedeMetrics, beyond);
  await tx.query(supersedeItems, beyond);
  await tx.query(supersedeCheckpoints, beyond);
  await tx.query(supersedeGpuSeconds, beyond);
  const dropped = await tx.query<{ readonly metric: number }>(dropMetricLast, [phaseId, step]);
  await tx.query(restoreMetricLast, [phaseId, dropped.map((row) => row.metric)]);
}

type FailureRow = {
  readonly counts: Readonly<Partial<Record<AttemptFailure, number>>>;
  readonly retries: unknown;
};
type LastRow = { readonly failure: AttemptFailure | null; readonly overrides: unknown; readonly retries: unknown };

/** What the next attempt does otherwise, after how the last one ended. */
async function overridesOf(tx: Tx, phase: LockedPhase): Promise<NextOverrides> {
  if (phase.attempt === 0) return { overrides: {}, decision: null };
  const [row] = await tx.query<LastRow>(lastAttempt, [phase.phase_id, phase.attempt]);
  if (row === undefined) throw noAttempt(phase.phase_id, phase.attempt);
  const overrides = attemptOverridesSchema.parse(row.overrides);
  const { onNan = 'fail' } = retriesSchema.parse(row.retries ?? {});
  const config: unknown = JSON.parse(phase.config_json);
  return nextOverrides(config, { failure: row.failure, overrides }, onNan);
}

type Ended = { readonly resume_attempt: number | null; readonly resume_step: number };

/** @param end failure, code, message, details @returns null when the attempt was not open */
async function endOpen(
  tx: Tx,
  phaseId: number,
  attempt: number,
  state: 'failed' | 'stopped',
  end: readonly (string | null)[],
): Promise<Ended | null> {
  await tx.query(lockPhaseRow, [phaseId]);
  const [ended] = await tx.query<Ended>(endAttempt, [phaseId, attempt, state, ...end]);
  if (ended === undefined) return null;
  await tx.query(restPhase, [phaseId]);
  await tx.query(dropProgress, [phaseId]);
  return ended;
}

type RecordRow = { readonly last_seq: string; readonly step: number; readonly total_steps: number };

function fromRecordRow({
  last_seq,
  step,
  total_steps,
}: RecordRow): Pick<OpenAttempt, 'lastSeq' | 'step' | 'totalSteps'> {
  return { lastSeq: BigInt(last_seq), step, totalSteps: total_steps };
}

type OpenRow = RecordRow & {
  readonly phase_id: number;
  readonly phase_key: string;
  readonly attempt: number;
  readonly slot: number;
  readonly device: string;
  readonly workflow_id: string;
  readonly run_id: string;
  readonly activity_id: string;
};

function fromOpenRow(row: OpenRow, nodeId: string): OpenAttempt {
  const { phase_id, phase_key, attempt, slot, device, workflow_id, run_id, activity_id } = row;
  const place = { nodeId, slot, device, workflowId: workflow_id, runId: run_id, activityId: activity_id };
  return { phaseId: phase_id, phaseKey: phase_key, attempt, place, ...fromRecordRow(row) };
}

function rowOf({ uri, sha256, bytes, step }: Checkpoint): StoredCheckpoint {
  return { uri, sha256, bytes, step };
}

function noAttempt(phaseId: number, attempt: number): LatentSweepError {
  return new LatentSweepError('NOT_FOUND', `phase ${phaseId} has no attempt ${attempt}`, { phaseId, attempt });
}

function noNode(nodeId: string): LatentSweepError {
  return new LatentSweepError('NOT_FOUND', `no node is named ${nodeId}; it has not registered`, { node: nodeId });
}
