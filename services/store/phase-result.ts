// The result of a phase as the trainer's JSON (services/trainer/jobs/protocol.ts, PhaseResult), parsed at this edge.

import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const resultSchema = z.looseObject({
  weightsSha256: z.string().nullish().default(null),
  evaluation: z
    .looseObject({
      split: z.string(),
      items: z.number().int().min(0),
      correct: z.number().int().min(0),
      accuracy: z.number(),
      chance: z.number(),
    })
    .nullish()
    .default(null),
});

export interface RecordedResult {
  /** All of it, as given. */
  readonly value: unknown;
  readonly weightsSha256: string | null;
  readonly evaluation: {
    readonly split: string;
    readonly items: number;
    readonly correct: number;
    readonly accuracy: number;
    readonly chance: number;
  } | null;
}

/** @throws LatentSweepError INTERNAL when the trainer sent something else */
export function parsePhaseResult(json: string): RecordedResult {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new LatentSweepError('INTERNAL', `the result of a phase is no JSON: ${json.slice(0, 200)}`, {}, error);
  }
  const parsed = resultSchema.safeParse(value);
  if (!parsed.success) {
    throw new LatentSweepError('INTERNAL', `the result of a phase is not as agreed: ${z.prettifyError(parsed.error)}`);
  }
  return { value, weightsSha256: parsed.data.weightsSha256 ?? null, evaluation: parsed.data.evaluation ?? null };
}
