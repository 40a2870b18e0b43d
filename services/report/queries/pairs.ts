// Cells of a sweep in pairs that differ in one thing and answered the same questions from the same seed, with the counts of McNemar's test.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  differs: z.enum(['system', 'latents', 'channel']),
  split: z.string(),
  seed: z.number(),
  cell_a: z.number(),
  cell_b: z.number(),
  items: z.number(),
  both_correct: z.number(),
  only_a: z.number(),
  only_b: z.number(),
  neither: z.number(),
});

export type PairRow = z.infer<typeof row>;

export const pairsQuery: StudyQuery<PairRow> = {
  sql: (sweep) => sql`
select differs, split, seed, cell_a, cell_b, items, both_correct, only_a, only_b, neither
from study.pairs
where sweep = ${sweep}
order by differs, task, system_a, system_b, latents_a, latents_b, seed, cell_a, cell_b`,
  row,
};
