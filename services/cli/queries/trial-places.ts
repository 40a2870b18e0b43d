// Where a trial stands in sweeps: every cell of every sweep that has it, found by the beginning of its key, or by sweep and cell.

import { z } from 'zod';
import type { StudyQuery } from '../../store/index.ts';

const row = z.object({
  trial_key: z.string(),
  sweep: z.string(),
  cell: z.number(),
  state: z.string(),
});

export type TrialPlaceRow = z.infer<typeof row>;

export const trialPlacesQuery: StudyQuery<TrialPlaceRow> = {
  text: `
select c.trial_key, c.sweep, c.cell, c.state
from study.cells c
where c.trial_key in (
  select meant.trial_key from study.cells meant
  where ($2::text is null and length($1::text) >= 6 and starts_with(meant.trial_key, $1::text))
    or (meant.sweep = $1::text
      and (meant.cell::text = $2::text or (length($2::text) >= 6 and starts_with(meant.trial_key, $2::text))))
)
order by c.sweep, c.cell`,
  row,
};
