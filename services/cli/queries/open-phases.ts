// The phases of a trial that are not done, and what they wait for: the end of a history that still goes on.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  kind: z.string(),
  state: z.string(),
  step: z.number(),
  total_steps: z.number(),
  node: z.string().nullable(),
  waits_for: z.string().nullable(),
});

/** A phase that is planned or running, with its last recorded step. */
export type OpenPhaseRow = z.infer<typeof row>;

/** Phases of one cell that have not ended, in the order in which they run. */
export const openPhasesQuery: StudyQuery<OpenPhaseRow, readonly [sweep: string, cell: number]> = {
  sql: (sweep, cell) => sql`
select kind, state, step, total_steps, node, waits_for
from study.phases
where sweep = ${sweep} and cell = ${cell} and state in ('planned', 'running')
order by position`,
  row,
};
