// Training loss of a sweep's systems, at most about 80 points a curve: means over the seeds and over windows of steps.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  task: z.string(),
  system: z.string(),
  channel: z.string().nullable(),
  latents: z.number(),
  step: z.number(),
  loss_nats: float8,
  seeds: z.number(),
  steps_per_point: z.number(),
});

export type LossCurveRow = z.infer<typeof row>;

export const lossCurvesQuery: StudyQuery<LossCurveRow> = {
  sql: (sweep) => sql`
with loss as (
  select task, system, channel, latents, seed, step, value,
    greatest(1, ceil(max(step) over () / 80.0)) as steps_per_point
  from study.curves
  where sweep = ${sweep} and kind in ('pretrain', 'finetune') and metric = 'loss_nats'
)
select task, system, channel, latents, avg(step)::double precision as step, avg(value) as loss_nats,
  count(distinct seed)::integer as seeds, max(steps_per_point)::integer as steps_per_point
from loss
group by task, system, channel, latents, ceil(step / steps_per_point)
order by task, system, channel, latents, step`,
  row,
};
