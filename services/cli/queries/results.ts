// Results of every cell of a sweep. Printed for people to go on from, so it must run as it stands. A single step's loss is noisy:
// first and final loss are means over ten steps of the cell's own training.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  cell: z.number(),
  trial_key: z.string(),
  state: z.string(),
  task: z.string(),
  system: z.string(),
  channel: z.string().nullable(),
  latents: z.number(),
  seed: z.number(),
  accuracy: float8.nullable(),
  chance: float8.nullable(),
  items: z.number().nullable(),
  split: z.string().nullable(),
  first_loss: float8.nullable(),
  final_loss: float8.nullable(),
  steps: z.number().nullable(),
});

/**
 * A cell with its result; accuracy and chance are shares from 0 to 1, losses in nats per target token, null while
 * there is none.
 */
export type ResultRow = z.infer<typeof row>;

/** Every cell of a sweep, with or without a result. */
export const resultsQuery: StudyQuery<ResultRow> = {
  sql: (sweep) => sql`
select c.cell, c.trial_key, c.state, c.task, c.system, c.channel, c.latents, c.seed,
  c.accuracy, c.chance, c.items, c.split, loss.first_loss, loss.final_loss, c.steps
from study.cells c
left join lateral (
  select avg(k.value) filter (where k.step <= 10) as first_loss,
    avg(k.value) filter (where k.step > c.steps - 10) as final_loss
  from study.curves k
  where k.sweep = c.sweep and k.cell = c.cell and k.kind in ('pretrain', 'finetune') and k.metric = 'loss_nats'
    and (k.step <= 10 or k.step > c.steps - 10)
) loss on true
where c.sweep = ${sweep}
order by c.task, c.system, c.latents, c.channel, c.seed, c.cell`,
  row,
};
