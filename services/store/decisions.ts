// Decisions as rows, and what a phase that fits nowhere waits for. Decisions that open an attempt are written with it (attempts.ts).

import type { Database, Tx } from './database.ts';
import { statement } from './statement.ts';
import { storableJson, storableText } from './storable-text.ts';
import type { Decision, OrchestratorStore } from './types.ts';

const recordDecision = statement('record-decision');
const waitFor = statement('wait-for');

/**
 * Writes a decision in the given transaction; null characters in its texts are made visible. Not idempotent: each
 * call is a row.
 */
export async function writeDecision(tx: Tx, decision: Decision): Promise<void> {
  const { phaseKey, attempt, nodeId, kind, reason, details } = decision;
  await tx.query(recordDecision, [phaseKey, attempt, nodeId, kind, storableText(reason), storableJson(details)]);
}

/** The part of the store about why things went as they did. */
export function decisions(db: Database): Pick<OrchestratorStore, 'recordDecision' | 'waitFor'> {
  return {
    recordDecision: (decision) => writeDecision(db, decision),
    waitFor: async (phaseKey, what) => (await db.query(waitFor, [phaseKey, storableText(what)])).length > 0,
  };
}
