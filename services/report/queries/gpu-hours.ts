// Device time of a sweep by kind of phase and system; work that was done again stands apart.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  kind: z.string(),
  system: z.string().nullable(),
  phases: z.number(),
  gpu_hours: float8,
  superseded_gpu_hours: float8,
  tokens: z.number(),
  /** Model FLOPs utilisation of training; null where nothing was trained. */
  mfu: float8.nullable(),
});

export type GpuHoursRow = z.infer<typeof row>;

export const gpuHoursQuery: StudyQuery<GpuHoursRow> = {
  sql: (sweep) => sql`
select kind, system, phases, gpu_hours, superseded_gpu_hours, tokens, mfu
from study.gpu_hours
where sweep = ${sweep}
order by kind, system`,
  row,
};
