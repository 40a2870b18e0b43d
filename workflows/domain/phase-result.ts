// The result of a phase: what a trainer ends with, the JSON text in which it travels, and the edge at which that text is judged. Its numbers must
// agree with each other: it is a node's word. Pure.

import { z } from 'zod';
import { LatentSweepError } from './errors.ts';
import { RECORD_LIMITS } from './record-limits.ts';

/** One number of an analysis; a phase has one at most for a name, label, i and j. */
export interface AnalysisValue {
  /** What was computed, such as `cross_capture`. */
  readonly name: string;
  /** A variant of it, such as an intervention; '' where there is none. */
  readonly label: string;
  /** Indices from 0 (slots, layers); null where the number stands for the whole. */
  readonly i: number | null;
  readonly j: number | null;
  /** NaN where it is not defined. */
  readonly value: number;
}

export interface PhaseResult {
  /** SHA-256 over all weights by name, null for phases that train nothing. */
  readonly weightsSha256: string | null;
  readonly capacityFloatsPerLatent: number | null;
  readonly evaluation: {
    readonly split: string;
    readonly items: number;
    readonly correct: number;
    readonly accuracy: number;
    /** Accuracy of guessing, 0..1. */
    readonly chance: number;
  } | null;
  /** Where `train.select` asks: the step whose weights these are, and its validation accuracy (0..1) on so many items. */
  readonly selected?: { readonly step: number; readonly accuracy: number; readonly items: number };
  readonly analyses: readonly AnalysisValue[];
}

/** As text for the store. JSON has no NaN and no infinities: they are written as strings, which the store reads back; else they would be null. */
export function phaseResultJson(result: PhaseResult): string {
  return JSON.stringify(result, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

/** Non-finite numbers come as strings (`phaseResultJson`). */
const numberSchema = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const countSchema = z.number().int().min(0).max(RECORD_LIMITS.integer);
const shareSchema = z.number().min(0).max(1);
const nameSchema = z.string().max(RECORD_LIMITS.metricNameCharacters);
/** Rounding of the trainer's own sum and quotient. */
const ACCURACY_ERROR = 1e-6;

const evaluationSchema = z
  .looseObject({
    split: nameSchema.regex(/^[A-Za-z0-9_-]+$/),
    items: countSchema,
    correct: countSchema,
    accuracy: shareSchema,
    chance: shareSchema,
  })
  .refine(({ items, correct, accuracy }) => Math.abs(accuracy - correct / Math.max(1, items)) <= ACCURACY_ERROR, {
    error: 'accuracy must be correct / items',
    path: ['accuracy'],
  });

const resultSchema = z.looseObject({
  weightsSha256: z
    .string()
    .regex(/^[0-9a-f]{1,64}$/)
    .nullish()
    .default(null),
  evaluation: evaluationSchema.nullish().default(null),
  analyses: z
    .array(
      z.strictObject({
        name: nameSchema.min(1),
        label: nameSchema,
        i: countSchema.nullable(),
        j: countSchema.nullable(),
        value: numberSchema,
      }),
    )
    .max(RECORD_LIMITS.analyses)
    .default([]),
});

/** The result of a phase as it is recorded; accuracies are shares from 0 to 1, non-finite values are numbers again. */
export interface RecordedResult extends Pick<PhaseResult, 'weightsSha256' | 'evaluation' | 'analyses'> {
  /** All of it but the analyses, which are rows of their own. */
  readonly value: unknown;
}

/** @throws LatentSweepError EVENT_REFUSED when the node sent something else */
export function parsePhaseResult(json: string): RecordedResult {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new LatentSweepError('EVENT_REFUSED', `the result of a phase is no JSON: ${json.slice(0, 200)}`, {}, error);
  }
  const parsed = resultSchema.safeParse(value);
  if (!parsed.success) {
    const problems = z.prettifyError(parsed.error).slice(0, 1_000);
    throw new LatentSweepError('EVENT_REFUSED', `the result of a phase is not as agreed: ${problems}`);
  }
  const { analyses, ...rest } = parsed.data;
  const { weightsSha256, evaluation } = rest;
  return { value: rest, weightsSha256: weightsSha256 ?? null, evaluation: evaluation ?? null, analyses };
}
