// Failed attempts of a sweep, newest first: of all its cells, or of one.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  cells: z.array(z.number()),
  kind: z.string(),
  attempt: z.number(),
  failure: z.string().nullable(),
  code: z.string().nullable(),
  message: z.string().nullable(),
  node: z.string(),
  step: z.number(),
  phase_state: z.string(),
  at: z.date().nullable(),
});

/** A failed attempt, with every cell that has its phase. */
export type FailureRow = z.infer<typeof row>;

/** The newest 20, of one cell or of all (null). */
export const failuresQuery: StudyQuery<FailureRow, readonly [sweep: string, cell: number | null]> = {
  sql: (sweep, cell) => sql`
select cells, kind, attempt, failure, code, message, node, step, phase_state, at
from study.failures
where sweep = ${sweep} and (${cell}::integer is null or ${cell}::integer = any (cells))
order by at desc
limit 20`,
  row,
};
