// Nodes and which replica serves each: a lease by the database's clock, so that replicas need no clocks that agree.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';
import { storableJson } from './storable-text.ts';
import type { OrchestratorStore } from './types.ts';

const upsertNode = statement('upsert-node');
const nodeExists = statement('node-exists');
const ownNode = statement('own-node');
const renewNodes = statement('renew-nodes');
const releaseNode = statement('release-node');
const nodeEvent = statement('node-event');

/** The part of the store about nodes and their leases, each method described at `OrchestratorStore`. */
export type Nodes = Pick<OrchestratorStore, 'upsertNode' | 'ownNode' | 'renewNodes' | 'releaseNode' | 'nodeEvent'>;

/** Registers nodes and leases each to one replica, by the clock of the database. */
export function nodes(db: Database): Nodes {
  return {
    upsertNode: async ({ nodeId, address, incarnation, slots, engineVersion, memoryBytes, places }, instance) => {
      const rows = places.map((one) => ({ index: one.slot, device: one.device, memory_bytes: one.memoryBytes }));
      const { id, leaseMs, mayReplace } = instance;
      const values = [nodeId, address, incarnation, slots, engineVersion, memoryBytes, storableJson(rows)];
      return (await db.query(upsertNode, [...values, id, leaseMs, mayReplace])).length > 0;
    },
    ownNode: async (nodeId, replicaId, leaseMs) => {
      if ((await db.query(ownNode, [nodeId, replicaId, leaseMs])).length > 0) return true;
      const [row] = await db.query<{ readonly known: boolean }>(nodeExists, [nodeId]);
      if (row?.known !== true) throw noNode(nodeId);
      return false;
    },
    renewNodes: async (nodeIds, replicaId, leaseMs) => {
      const rows = await db.query<{ readonly name: string }>(renewNodes, [nodeIds, replicaId, leaseMs]);
      return rows.map((row) => row.name);
    },
    releaseNode: async (nodeId, replicaId) => {
      await db.query(releaseNode, [nodeId, replicaId]);
    },
    nodeEvent: async (nodeId, event, details) => {
      const written = await db.query(nodeEvent, [nodeId, event, storableJson(details)]);
      if (written.length === 0) throw noNode(nodeId);
    },
  };
}

function noNode(nodeId: string): LatentSweepError {
  return new LatentSweepError('NOT_FOUND', `no node is named ${nodeId}; it has not registered`, { node: nodeId });
}
