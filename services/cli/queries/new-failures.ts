// Attempts of a sweep that failed after a moment, newest first: what a follower tells beside the numbers.

import { z } from 'zod';
import type { StudyQuery } from '../../store/index.ts';

const row = z.object({
  phase_key: z.string(),
  kind: z.string(),
  cells: z.array(z.number()),
  attempt: z.number(),
  failure: z.string().nullable(),
  message: z.string().nullable(),
  step: z.number(),
});

export type NewFailureRow = z.infer<typeof row>;

export const newFailuresQuery: StudyQuery<NewFailureRow> = {
  text: `
select phase_key, kind, cells, attempt, failure, message, step
from study.failures
where sweep = $1::text and at > $2::timestamptz
order by at desc
limit 20`,
  row,
};
