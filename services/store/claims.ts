// Who runs a phase: one workflow at a time has its claim, and each claim has a higher fence (docs/design/architecture.md section 3). Changes are
// told to listeners by a trigger on the table.

import { type AttemptFailure, LatentSweepError } from '../../workflows/domain/errors.ts';
import { sweepOfBatch } from '../../workflows/domain/workflow-ids.ts';
import type { Database, Tx } from './database.ts';
import { statement } from './statement.ts';
import { storableText } from './storable-text.ts';
import type { Claim, ClaimOwner, OrchestratorStore, PhaseRef } from './types.ts';

const lockPhaseByKey = statement('lock-phase-by-key');
const claimPhase = statement('claim-phase');
const releaseClaim = statement('release-claim');
const phaseOwner = statement('phase-owner');
const failPhase = statement('fail-phase');
const supersedeAttempts = statement('supersede-attempts');

/** Row of `phases`, locked until the transaction ends. */
export type LockedPhase = {
  readonly phase_id: number;
  readonly phase_key: string;
  readonly state: PhaseRef['state'];
  readonly fence: number;
  readonly attempt: number;
  readonly owner_workflow_id: string | null;
  readonly owner_run_id: string | null;
  readonly failure: AttemptFailure | null;
  readonly message: string | null;
  readonly parent_key: string | null;
  readonly config_json: string;
  readonly total_steps: number;
};

/** @throws LatentSweepError NOT_FOUND */
export async function lockPhase(tx: Tx, phaseKey: string): Promise<LockedPhase> {
  const [row] = await tx.query<LockedPhase>(lockPhaseByKey, [phaseKey]);
  if (row === undefined) throw noPhase(phaseKey);
  return row;
}

/** The part of the store about who runs a phase, each method described at `OrchestratorStore`. */
export type Claims = Pick<OrchestratorStore, 'claimPhase' | 'releaseClaim' | 'phaseOwner' | 'failPhase'>;

/**
 * Gives each phase to one workflow at a time; every new claim has a higher fence, so that an earlier owner cannot
 * open attempts any more.
 */
export function claims(db: Database): Claims {
  return {
    claimPhase: (phaseKey, owner, options = {}) =>
      db.transaction(async (tx): Promise<Claim> => {
        const phase = await lockPhase(tx, phaseKey);
        if (phase.state === 'finished') return { kind: 'done' };
        if (phase.state === 'failed') {
          return { kind: 'failed', failure: phase.failure ?? 'code_error', message: phase.message ?? '' };
        }
        const held = ownerOf(phase);
        if (held !== null && isSame(held, owner)) return { kind: 'run', fence: phase.fence };
        const { takeOver } = options;
        if (held !== null && (takeOver === undefined || !isSame(held, takeOver))) return { kind: 'wait', owner: held };
        const { phase_id } = phase;
        const [claimed] = await tx.query<{ readonly fence: number }>(claimPhase, [
          phase_id,
          owner.workflowId,
          owner.runId,
          sweepOfBatch(owner.workflowId),
        ]);
        if (claimed === undefined) throw noPhase(phaseKey);
        return { kind: 'run', fence: claimed.fence };
      }),
    releaseClaim: async (phaseKey, { workflowId, runId }) => {
      await db.query(releaseClaim, [phaseKey, workflowId, runId]);
    },
    phaseOwner: async (phaseKey) => {
      const [row] = await db.query<Pick<LockedPhase, 'owner_workflow_id' | 'owner_run_id' | 'state'>>(phaseOwner, [
        phaseKey,
      ]);
      if (row === undefined) throw noPhase(phaseKey);
      return row.state === 'finished' || row.state === 'failed' ? null : ownerOf(row);
    },
    failPhase: (phaseKey, { failure, message }) =>
      db.transaction(async (tx) => {
        const { phase_id, state } = await lockPhase(tx, phaseKey);
        if (state === 'finished') return;
        await tx.query(supersedeAttempts, [phase_id]);
        await tx.query(failPhase, [phase_id, failure, storableText(message)]);
      }),
  };
}

/** Who has the claim; null while nobody has it. */
export function ownerOf(row: Pick<LockedPhase, 'owner_workflow_id' | 'owner_run_id'>): ClaimOwner | null {
  const { owner_workflow_id, owner_run_id } = row;
  if (owner_workflow_id === null || owner_run_id === null) return null;
  return { workflowId: owner_workflow_id, runId: owner_run_id };
}

function isSame(a: ClaimOwner, b: ClaimOwner): boolean {
  return a.workflowId === b.workflowId && a.runId === b.runId;
}

function noPhase(phaseKey: string): LatentSweepError {
  return new LatentSweepError('NOT_FOUND', `no phase has key ${phaseKey}`, { phase: phaseKey });
}
