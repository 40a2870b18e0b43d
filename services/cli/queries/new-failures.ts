// Attempts of a sweep that failed after a moment, newest first: what a follower tells beside the numbers.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  phase_key: z.string(),
  kind: z.string(),
  cells: z.array(z.number()),
  attempt: z.number(),
  failure: z.string().nullable(),
  message: z.string().nullable(),
  step: z.number(),
});

/** A failed attempt as a follower shows it. */
export type NewFailureRow = z.infer<typeof row>;

/** The newest 20 after `since` (ISO 8601). */
export const newFailuresQuery: StudyQuery<NewFailureRow, readonly [sweep: string, since: string]> = {
  sql: (sweep, since) => sql`
select phase_key, kind, cells, attempt, failure, message, step
from study.failures
where sweep = ${sweep} and at > ${since}::timestamptz
order by at desc
limit 20`,
  row,
};
