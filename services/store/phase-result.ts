// The result of a phase as the trainer's JSON (services/trainer/jobs/protocol.ts, PhaseResult), parsed at this edge.

import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

/** Non-finite numbers come as strings (services/trainer/jobs/result-json.ts). */
const numberSchema = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const indexSchema = z.number().int().min(0).nullable();

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
  analyses: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        label: z.string(),
        i: indexSchema,
        j: indexSchema,
        value: numberSchema,
      }),
    )
    .default([]),
});

export interface RecordedResult {
  /** All of it but the analyses, which are rows of their own. */
  readonly value: unknown;
  readonly weightsSha256: string | null;
  readonly evaluation: {
    readonly split: string;
    readonly items: number;
    readonly correct: number;
    readonly accuracy: number;
    readonly chance: number;
  } | null;
  readonly analyses: readonly {
    readonly name: string;
    readonly label: string;
    readonly i: number | null;
    readonly j: number | null;
    readonly value: number;
  }[];
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
  const { analyses, ...rest } = parsed.data;
  const { weightsSha256, evaluation } = rest;
  return { value: rest, weightsSha256: weightsSha256 ?? null, evaluation: evaluation ?? null, analyses };
}
