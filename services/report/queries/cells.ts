// Every cell of a sweep with its result and its right and wrong answers as a string of bits, one character per item. Cells without a
// result are rows too; a cell with several evaluations is one row for each.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';
import { curriculumSchema } from '../../study/settings/index.ts';

const row = z.object({
  cell: z.number(),
  state: z.string(),
  task: z.string(),
  task_settings: z.record(z.string(), z.unknown()),
  model: z.object({ family: z.string().optional(), weights: z.string().optional() }),
  curriculum: curriculumSchema.nullable(),
  /** Equal for the seeds of one point of the grid. */
  point_hash: z.string(),
  system: z.string(),
  latents: z.number(),
  channel: z.string().nullable(),
  capacity_floats_per_latent: float8.nullable(),
  seed: z.number(),
  point: z.record(z.string(), z.unknown()),
  final_loss: float8.nullable(),
  training_steps: z.number().nullable(),
  perplexity: float8.nullable(),
  split: z.string().nullable(),
  items: z.number().nullable(),
  chance: float8.nullable(),
  accuracy: float8.nullable(),
  item_set: z.string().nullable(),
  answers: z.string().nullable(),
});

export type CellRow = z.infer<typeof row>;

export const cellsQuery: StudyQuery<CellRow> = {
  sql: (sweep) => sql`
select c.cell, c.state, c.task, t.settings -> 'task' as task_settings, t.settings -> 'model' as model,
  t.settings -> 'curriculum' as curriculum, md5((t.settings - 'seed')::text) as point_hash,
  c.system, c.latents, c.channel, c.capacity_floats_per_latent, c.seed, c.point,
  c.final_loss, c.total_steps as training_steps, p.perplexity,
  a.split, a.items, a.chance, a.accuracy, a.item_set::text as item_set, a.correct::text as answers
from study.cells c
join trials t on t.trial_key = c.trial_key
left join study.answers a on a.sweep = c.sweep and a.cell = c.cell and c.state = 'finished'
left join (
  select cell, avg(value) as perplexity
  from study.analyses
  where sweep = ${sweep} and analysis = 'perplexity' and label = ''
  group by cell
) p on p.cell = c.cell
where c.sweep = ${sweep}
order by c.task, c.system, c.latents, c.channel, c.cell, a.split`,
  row,
};
