// What happened to a trial and why, in order. Cost: the attempts, decisions and superseded rows of its phases.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  at: z.date(),
  kind: z.string().nullable(),
  phase_key: z.string().nullable(),
  attempt: z.number().nullable(),
  node: z.string().nullable(),
  event: z.string(),
  text: z.string(),
});

/** One event of a trial: `text` is a sentence for people, null where it is about no phase, attempt or node. */
export type HistoryRow = z.infer<typeof row>;

/** Everything that is known of the trial, in the order of time. */
export const historyQuery: StudyQuery<HistoryRow, readonly [trialKey: string]> = {
  sql: (trialKey) => sql`
select at, kind, phase_key, attempt, node, event, text
from study.story
where trial_key = ${trialKey}
order by at, rank`,
  row,
};
