// Accuracies of a sweep over its seeds, for sweeps with too many cells to list.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  task: z.string(),
  system: z.string(),
  latents: z.number(),
  point: z.record(z.string(), z.unknown()),
  seeds: z.number(),
  accuracy: float8,
  accuracy_sd: float8.nullable(),
  chance: float8,
  items: z.number(),
  final_loss: float8.nullable(),
});

/**
 * One point of the grid without its seeds; accuracy, its standard deviation and chance are shares from 0 to 1, loss
 * in nats per target token.
 */
export type AccuracyRow = z.infer<typeof row>;

/** The first 200 points of a sweep that have results, by task, system and latents. */
export const accuracyQuery: StudyQuery<AccuracyRow> = {
  sql: (sweep) => sql`
select task, system, latents, point - 'latents' - 'system' as point, seeds, accuracy, accuracy_sd, chance, items, final_loss
from study.accuracy
where sweep = ${sweep}
order by task, system, latents, point
limit 200`,
  row,
};
