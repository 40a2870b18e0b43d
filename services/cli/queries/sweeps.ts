// Sweeps with their cells by state: all of them, or the one that is named. Cost: one look at every cell of the sweep.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  sweep: z.string(),
  revision: z.number(),
  state: z.enum(['planning', 'running', 'paused', 'finished', 'cancelled']),
  cells: z.number(),
  planned: z.number(),
  waiting: z.number(),
  running: z.number(),
  paused: z.number(),
  finished: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  stopped_early: z.number(),
  priority: z.number(),
  weight: float8,
  width: z.number().nullable(),
  created_at: z.date(),
  state_at: z.date(),
});

/** A sweep at its newest revision, its cells counted by state. */
export type SweepCountsRow = z.infer<typeof row>;

/** The sweep of that name, or all of them (null), newest first. */
export const sweepsQuery: StudyQuery<SweepCountsRow, readonly [sweep: string | null]> = {
  sql: (sweep) => sql`
select sweep, revision, state, cells, planned, waiting, running, paused, finished, failed, cancelled, stopped_early,
  priority, weight, width, created_at, state_at
from study.sweeps
where ${sweep}::text is null or sweep = ${sweep}::text
order by created_at desc`,
  row,
};
