// Where a trial stands in sweeps: every cell of every sweep that has it, found by the beginning of its key, or by sweep and cell.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  trial_key: z.string(),
  sweep: z.string(),
  cell: z.number(),
  state: z.string(),
});

/** A cell that has the trial. */
export type TrialPlaceRow = z.infer<typeof row>;

/** Cells whose trial key begins with `name` (at least 6 digits), or the given cell of the sweep `name`. */
export const trialPlacesQuery: StudyQuery<TrialPlaceRow, readonly [name: string, cell: string | null]> = {
  sql: (name, cell) => sql`
select c.trial_key, c.sweep, c.cell, c.state
from study.cells c
where c.trial_key in (
  select meant.trial_key from study.cells meant
  where (${cell}::text is null and length(${name}) >= 6 and starts_with(meant.trial_key, ${name}))
    or (meant.sweep = ${name}
      and (meant.cell::text = ${cell}::text or (length(${cell}::text) >= 6 and starts_with(meant.trial_key, ${cell}::text))))
)
order by c.sweep, c.cell`,
  row,
};
