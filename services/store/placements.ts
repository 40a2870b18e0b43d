// What decides where a phase runs: its needs, where its files are, where it failed, and the slots of the whole fleet.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { NODE_SUSPECT_FAILURES } from '../../workflows/domain/node-health.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';
import type { OrchestratorStore, PhaseRef } from './types.ts';

const placement = statement('placement');
const places = statement('places');

type PlacementRow = {
  readonly config_json: string;
  readonly attempt: number;
  readonly checkpoint_node: string | null;
  readonly parent_node: string | null;
  readonly parent_key: string | null;
  readonly parent_state: PhaseRef['state'] | null;
  readonly parent_lost: boolean;
  readonly failed_on: readonly string[];
  readonly resources: unknown;
};

type PlaceRow = {
  readonly node: string;
  readonly slot: number;
  readonly device: string;
  readonly memory_bytes: number;
  readonly free: boolean;
};

/** Reads what decides about the place of a phase, and the slots of the fleet. It never reserves a slot. */
export function placements(db: Database): Pick<OrchestratorStore, 'placementOf' | 'places'> {
  return {
    placementOf: async (phaseKey) => {
      const [row] = await db.query<PlacementRow>(placement, [phaseKey, NODE_SUSPECT_FAILURES]);
      if (row === undefined) throw new LatentSweepError('NOT_FOUND', `no phase has key ${phaseKey}`, { phaseKey });
      // not with the store: reading commands would wait for all settings
      const { resourcesSchema } = await import('../study/settings/index.ts');
      return {
        configJson: row.config_json,
        resources: resourcesSchema.parse(row.resources ?? {}),
        attempts: row.attempt,
        checkpointNode: row.checkpoint_node,
        parentNode: row.parent_node,
        parent:
          row.parent_key === null || row.parent_state === null
            ? null
            : { key: row.parent_key, state: row.parent_state, isLost: row.parent_lost },
        failedOn: row.failed_on,
      };
    },
    places: async () => {
      const rows = await db.query<PlaceRow>(places);
      return rows.map(({ node, memory_bytes, ...rest }) => ({ ...rest, nodeId: node, memoryBytes: memory_bytes }));
    },
  };
}
