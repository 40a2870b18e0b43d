// One cell of a sweep, by its number or by the beginning of its trial key. Several rows: the beginning is ambiguous.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  cell: z.number(),
  trial_key: z.string(),
  state: z.string(),
  system: z.string(),
  task: z.string(),
  latents: z.number(),
  channel: z.string().nullable(),
  capacity_floats_per_latent: float8.nullable(),
  seed: z.number(),
  point: z.record(z.string(), z.unknown()),
  accuracy: float8.nullable(),
  chance: float8.nullable(),
  items: z.number().nullable(),
  split: z.string().nullable(),
  final_loss: float8.nullable(),
  steps: z.number().nullable(),
  total_steps: z.number().nullable(),
  attempts: z.number(),
  failure: z.string().nullable(),
  message: z.string().nullable(),
  gpu_seconds: float8.nullable(),
  closed_at: z.date().nullable(),
});

/** A cell as study.cells shows it; accuracy and chance are shares from 0 to 1, time in seconds on slots. */
export type TrialRow = z.infer<typeof row>;

/** The cell with that number, or all whose trial key begins so. */
export const trialQuery: StudyQuery<TrialRow, readonly [sweep: string, trial: string]> = {
  sql: (sweep, trial) => sql`
select cell, trial_key, state, system, task, latents, channel, capacity_floats_per_latent, seed, point,
  accuracy, chance, items, split, final_loss, steps, total_steps, attempts, failure, message, gpu_seconds, closed_at
from study.cells
where sweep = ${sweep} and (cell::text = ${trial} or (length(${trial}) >= 6 and starts_with(trial_key, ${trial})))
order by cell`,
  row,
};
