// The phases of one cell in order of execution.

import { z } from 'zod';
import { float8, type StudyQuery, sql } from '../../store/index.ts';

const row = z.object({
  kind: z.string(),
  phase_key: z.string(),
  state: z.string(),
  step: z.number(),
  total_steps: z.number(),
  attempts: z.number(),
  node: z.string().nullable(),
  gpu_seconds: float8.nullable(),
  message: z.string().nullable(),
  weights_sha256: z.string().nullable(),
});

/** A phase of one cell; seconds on a slot, SHA-256 of the weights in hex. */
export type TrialPhaseRow = z.infer<typeof row>;

/** All phases of one cell, whatever their state. */
export const trialPhasesQuery: StudyQuery<TrialPhaseRow, readonly [sweep: string, cell: number]> = {
  sql: (sweep, cell) => sql`
select kind, phase_key, state, step, total_steps, attempts, node, gpu_seconds, message, weights_sha256
from study.phases
where sweep = ${sweep} and cell = ${cell}
order by position`,
  row,
};
