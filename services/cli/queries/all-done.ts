// Whether a sweep with exactly this file has come to its end without failed trials. The hash is in the base table only.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({ done: z.boolean() });

/** No row when no sweep has exactly this name and file. */
export const allDoneQuery: StudyQuery<z.infer<typeof row>, readonly [sweep: string, specHash: string]> = {
  sql: (sweep, specHash) => sql`
select v.state = 'finished' and v.finished = v.cells as done
from study.sweeps v
join sweeps s on s.name = v.sweep
where v.sweep = ${sweep} and s.spec_hash = ${specHash}`,
  row,
};
