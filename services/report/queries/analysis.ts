// One analysis of a sweep's cells (study.analyses) as means over cells that share task, system, channel and budget: its seeds, and
// whatever else the sweep varies.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  analysis: z.string(),
  task: z.string(),
  system: z.string(),
  channel: z.string().nullable(),
  latents: z.number(),
  label: z.string(),
  i: z.number().nullable(),
  j: z.number().nullable(),
  value: float8,
  least: float8,
  most: float8,
  cells: z.number(),
});

export type AnalysisRow = z.infer<typeof row>;

/** @param name of the analysis, such as cross_capture */
export const analysisQuery: StudyQuery<AnalysisRow, readonly [sweep: string, analysis: string]> = {
  sql: (sweep, analysis) => sql`
select analysis, task, system, channel, latents, label, i, j,
  avg(value) as value, min(value) as least, max(value) as most, count(distinct cell)::integer as cells
from study.analyses
where sweep = ${sweep} and analysis = ${analysis} and value > '-Infinity' and value < 'Infinity'
group by analysis, task, system, channel, latents, label, i, j
order by task, system, channel, latents, label, i, j`,
  row,
};
