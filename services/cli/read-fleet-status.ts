// Which nodes are in quarantine, for a status that must answer whatever else is broken.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Config } from '../config/index.ts';
import { readRows } from '../store/index.ts';
import { withReader } from './access.ts';
import { type NodeRow, nodesQuery } from './queries/nodes.ts';

/** `unknown`: Postgres did not answer, for the reason given. */
export type FleetStatus =
  | { readonly kind: 'not_asked' }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'known'; readonly quarantined: readonly NodeRow[] };

/** @param isUp asked only then: a status starts no server */
export async function readFleetStatus(config: Config, isUp: boolean): Promise<FleetStatus> {
  if (!isUp) return { kind: 'not_asked' };
  try {
    const rows = await withReader(config, (reader) => readRows(reader, nodesQuery, []));
    return { kind: 'known', quarantined: rows.filter((row) => row.quarantined) };
  } catch (error) {
    if (error instanceof LatentSweepError) return { kind: 'unknown', reason: error.message };
    throw error;
  }
}
