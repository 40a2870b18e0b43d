// What a report's head tells of its sweep: the file's description, when it ran, how far it is, which engine computed it. `cells` are
// those of the grid that are planned, points that mean the same counted once.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  state: z.string(),
  revision: z.number(),
  description: z.string().nullable(),
  spec_hash: z.string(),
  cells: z.number(),
  open: z.number(),
  finished: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  stopped_early: z.number(),
  created_at: z.date(),
  last_closed_at: z.date().nullable(),
  engine_versions: z.array(z.string()).nullable(),
  devices: z.array(z.string()).nullable(),
});

export type SweepFacts = z.infer<typeof row>;

export const sweepFactsQuery: StudyQuery<SweepFacts> = {
  sql: (sweep) => sql`
select v.state, v.revision, s.spec ->> 'description' as description, s.spec_hash,
  v.planned + v.running + v.paused + v.finished + v.failed + v.cancelled + v.stopped_early as cells,
  v.planned + v.running + v.paused as open, v.finished, v.failed,
  v.cancelled, v.stopped_early, v.created_at,
  (select max(c.closed_at) from study.cells c where c.sweep = v.sweep) as last_closed_at,
  run.engine_versions, run.devices
from study.sweeps v
join sweeps s on s.name = v.sweep
cross join lateral (
  select array_agg(distinct n.engine_version) as engine_versions, array_agg(distinct a.device) as devices
  from (select distinct phase_key from study.phases where sweep = v.sweep) p
  join study.attempts a on a.phase_key = p.phase_key
  join study.nodes n on n.node = a.node
) run
where v.sweep = ${sweep}`,
  row,
};
