// The machines of the fleet: connected ones first.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  node: z.string(),
  connected: z.boolean(),
  slots: z.number(),
  busy: z.number(),
  places: z.array(z.object({ device: z.string(), memory_bytes: z.number() })),
  quarantined: z.boolean(),
  quarantine_reason: z.string().nullable(),
  canary_at: z.date().nullable(),
  last_event: z.string().nullable(),
  last_event_at: z.date().nullable(),
});

/** A node as study.nodes shows it; memory in bytes, 0 = not known. */
export type NodeRow = z.infer<typeof row>;

/** Every node that ever registered, connected ones first. */
export const nodesQuery: StudyQuery<NodeRow, readonly []> = {
  sql: () => sql`
select node, connected, slots, busy, places, quarantined, quarantine_reason, canary_at, last_event, last_event_at
from study.nodes
order by connected desc, node`,
  row,
};
