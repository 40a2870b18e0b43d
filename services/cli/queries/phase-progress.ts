// How many phases of each kind are in which state, in the order in which a trial goes through them.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';
import { PHASE_KINDS } from '../../study/settings/index.ts';

const row = z.object({
  kind: z.enum(PHASE_KINDS),
  phases: z.number(),
  planned: z.number(),
  running: z.number(),
  finished: z.number(),
  failed: z.number(),
  skipped: z.number(),
});

/** Phases of one kind by state; a phase that several cells share counts once. */
export type PhaseProgressRow = z.infer<typeof row>;

/** One row per kind that the sweep has. */
export const phaseProgressQuery: StudyQuery<PhaseProgressRow> = {
  sql: (sweep) => sql`
select kind, sum(phases)::integer as phases, sum(planned)::integer as planned, sum(running)::integer as running,
  sum(finished)::integer as finished, sum(failed)::integer as failed, sum(skipped)::integer as skipped
from study.progress
where sweep = ${sweep}
group by kind
order by array_position(string_to_array(${PHASE_KINDS.join(' ')}, ' '), kind)`,
  row,
};
