// Phases of a sweep that run now, the longest-running first. Of a phase that several cells share, system, latents and seed are null.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  phase_key: z.string(),
  kind: z.string(),
  system: z.string().nullable(),
  latents: z.number().nullable(),
  seed: z.number().nullable(),
  cells: z.number(),
  attempt: z.number(),
  node: z.string(),
  step: z.number(),
  total_steps: z.number(),
  loss_nats: float8.nullable(),
  tokens_per_second: float8.nullable(),
});

/** A running phase; loss in nats per token, null before the first. */
export type RunningPhaseRow = z.infer<typeof row>;

/** Every phase of the sweep that has an open attempt, the longest-running first. */
export const runningPhasesQuery: StudyQuery<RunningPhaseRow> = {
  sql: (sweep) => sql`
select r.phase_key, r.kind, r.system, r.latents, c.seed, cardinality(r.cells) as cells, r.attempt, r.node, r.step, r.total_steps, r.loss_nats, r.tokens_per_second
from study.running r
left join study.cells c on c.sweep = r.sweep and c.cell = r.cells[1] and cardinality(r.cells) = 1
where r.sweep = ${sweep}
order by r.started_at, r.phase_key`,
  row,
};
