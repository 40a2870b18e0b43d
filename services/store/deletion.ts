// Deletes a sweep with everything that only it has; what other sweeps share stays. In pieces, each a transaction, and in an order that a
// crash cannot hurt: cells with their rows, files, then the sweep itself, so that the same command again goes on where it ended.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Database, Tx } from './database.ts';
import { explainReference, refuseForeignReferences } from './foreign-references.ts';
import { TABLES_OF_PHASES } from './own-tables.ts';
import { statement } from './statement.ts';
import type { DeletionPlan, SweepDeletionStore } from './types.ts';

const rowsOfSweep = statement('rows-of-sweep');
const deletionPlan = { name: 'deletion-plan', text: rowsOfSweep.text + statement('deletion-plan').text };
const lockGrid = statement('lock-grid');
const takeCells = statement('take-cells');
const takePipelines = statement('take-pipelines');
const takeTrials = statement('take-trials');
const orphanedPhases = statement('orphaned-phases');
const noteGarbage = statement('note-garbage');
const takePhases = statement('take-phases');
const takeSweep = statement('take-sweep');

/** Cells of one transaction: a second or so, in which no sweep is planned. */
const CELLS = 200;

type PlanRow = Omit<DeletionPlan, 'openAttempts'> & { readonly open_attempts: number };

/**
 * Deletes in pieces of some hundred cells, each a transaction, so that an interrupted deletion can be repeated and
 * goes on.
 */
export function deletion(db: Database): Omit<SweepDeletionStore, 'removeGarbage'> {
  return {
    deletionPlan: async (sweepId) => {
      const [row] = await db.query<PlanRow>(deletionPlan, [sweepId]);
      if (row === undefined) throw new LatentSweepError('NOT_FOUND', `no sweep has id ${sweepId}`, { sweepId });
      await refuseForeignReferences(db, rowsOfSweep.text, sweepId);
      const { open_attempts: openAttempts, ...counts } = row;
      return { ...counts, openAttempts };
    },
    deleteCells: (sweepId) =>
      explainReference(
        db.transaction(async (tx) => {
          await tx.query(lockGrid, []);
          const cells = await tx.query<{ readonly trial_id: number }>(takeCells, [sweepId, CELLS]);
          const trialIds = cells.map((row) => row.trial_id);
          const phases = await tx.query<{ readonly phase_id: number }>(takePipelines, [trialIds]);
          await tx.query(takeTrials, [trialIds]);
          await deletePhases(
            tx,
            phases.map((row) => row.phase_id),
          );
          return cells.length;
        }),
      ),
    deleteSweep: async (sweepId) => {
      await explainReference(db.query(takeSweep, [sweepId]));
    },
  };
}

/** Those of the phases that no trial has any more, with all their rows; the names of their files are kept until the files are gone. */
async function deletePhases(tx: Tx, phaseIds: readonly number[]): Promise<void> {
  if (phaseIds.length === 0) return;
  const orphans = await tx.query<{ readonly phase_id: number; readonly running: boolean }>(orphanedPhases, [phaseIds]);
  if (orphans.some((row) => row.running)) {
    throw new LatentSweepError('CONFLICT', 'some of its phases are still being stopped; delete it in a moment', {});
  }
  const ids = orphans.map((row) => row.phase_id);
  await tx.query(noteGarbage, [ids]);
  for (const name of TABLES_OF_PHASES) {
    await tx.query({ name: `take-${name}`, text: `delete from ${name} where phase_id = any ($1::bigint[])` }, [ids]);
  }
  await tx.query(takePhases, [ids]);
}
