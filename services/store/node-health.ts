// Quarantine of nodes. The state is here, so that replicas agree; who is sick is judged by domain/node-health.ts.

import type { AttemptFailure } from '../../workflows/domain/errors.ts';
import { NODE_OUTCOMES, NODE_SUSPECT_FAILURES } from '../../workflows/domain/node-health.ts';
import type { Database, Tx } from './database.ts';
import { writeDecision } from './decisions.ts';
import { statement } from './statement.ts';
import { storableJson, storableText } from './storable-text.ts';
import type { DecisionKind, OrchestratorStore } from './types.ts';

const nodeHealth = statement('node-health');
const nodeOutcomes = statement('node-outcomes');
const failedNodes = statement('failed-nodes');
const quarantineNode = statement('quarantine-node');
const forgiveOnNode = statement('forgive-on-node');
const readmitNode = statement('readmit-node');
const nodeEvent = statement('node-event');

type HealthRow = { readonly name: string; readonly reason: string; readonly canary_in_ms: number };
type OutcomeRow = {
  readonly phase_id: number;
  readonly state: 'failed' | 'finished';
  readonly failure: AttemptFailure | null;
  readonly since_quarantine: boolean;
  readonly went_on_elsewhere: boolean;
};

/** The part of the store about quarantine, each method described at `OrchestratorStore`. */
export type NodeHealth = Pick<
  OrchestratorStore,
  'quarantinesOf' | 'nodeOutcomes' | 'failedNodes' | 'quarantineNode' | 'readmitNode'
>;

/**
 * Keeps which nodes are in quarantine, with a decision and a node event in the same transaction. It never judges
 * whether a node is sick.
 */
export function nodeHealthStore(db: Database): NodeHealth {
  return {
    quarantinesOf: async (nodeIds) => {
      const rows = await db.query<HealthRow>(nodeHealth, [nodeIds]);
      return rows.map(({ name, reason, canary_in_ms }) => ({ nodeId: name, reason, canaryInMs: canary_in_ms }));
    },
    nodeOutcomes: async (nodeId) => {
      const rows = await db.query<OutcomeRow>(nodeOutcomes, [nodeId, NODE_OUTCOMES]);
      return rows.map((row) => ({
        phaseId: row.phase_id,
        failure: row.state === 'finished' ? null : row.failure,
        wentOnElsewhere: row.went_on_elsewhere,
        sinceQuarantine: row.since_quarantine,
      }));
    },
    failedNodes: async (phaseId) => {
      const rows = await db.query<{ readonly name: string }>(failedNodes, [phaseId, NODE_SUSPECT_FAILURES]);
      return rows.map((row) => row.name);
    },
    quarantineNode: (nodeId, { kind, reason, waitMs, maxWaitMs }) =>
      db.transaction(async (tx) => {
        const values = [nodeId, waitMs, maxWaitMs, kind === 'extend', storableText(reason)];
        const [row] = await tx.query<{ readonly canary_in_ms: number }>(quarantineNode, values);
        if (row === undefined) return null;
        await tx.query(forgiveOnNode, [nodeId, NODE_SUSPECT_FAILURES]);
        const canaryInMs = row.canary_in_ms;
        await note(tx, nodeId, kind === 'extend' ? 'quarantine_extended' : 'quarantined', reason, { canaryInMs });
        return { nodeId, reason, canaryInMs };
      }),
    readmitNode: (nodeId, reason) =>
      db.transaction(async (tx) => {
        if ((await tx.query(readmitNode, [nodeId])).length === 0) return false;
        await note(tx, nodeId, 'readmitted', reason, {});
        return true;
      }),
  };
}

async function note(
  tx: Tx,
  nodeId: string,
  kind: DecisionKind,
  reason: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await tx.query(nodeEvent, [nodeId, kind, storableJson({ reason, ...details })]);
  await writeDecision(tx, { kind, phaseKey: null, attempt: null, nodeId, reason, details });
}
