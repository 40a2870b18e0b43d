// The phases of a trial and the config that determines each one's result. A phase's key hashes its config, the engine version
// and its parents' keys, so equal work is done once across trials and sweeps (docs/design/architecture.md section 1).

import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { PhaseKey, TrialKey } from '../../../workflows/domain/ids.ts';
import { corpusEvaluationSchema, evaluateSchema } from './evaluate-settings.ts';
import { analyseSchema, interventionSchema } from './latent-analysis.ts';
import { modelSchema, tokenizerSchema } from './model-settings.ts';
import { type SimulatePhaseConfig, simulatePhaseSchema } from './simulate.ts';
import { channelSchema, SYSTEM_NAMES } from './system-names.ts';
import { taskSchema } from './task-settings.ts';
import {
  baseSchema,
  curriculumSchema,
  objectiveSchema,
  orthogonalitySchema,
  pretrainSchema,
  selectSchema,
  trainSchema,
} from './training-settings.ts';

export const PHASE_KINDS = ['base', 'pretrain', 'finetune', 'evaluate', 'analyse', 'simulate'] as const;
export type PhaseKind = (typeof PHASE_KINDS)[number];

const about = { model: modelSchema, tokenizer: tokenizerSchema, task: taskSchema };

const systemFields = {
  system: z.enum(SYSTEM_NAMES),
  channel: channelSchema.nullable(),
  latents: z.number().int().min(0),
  query: z.enum(['marker', 'repeat']).nullable(),
  gradThroughCache: z.boolean(),
};

/** Trains the Base from scratch on the task's text. Result: final checkpoint with `base.*`. */
export const basePhaseSchema = z.strictObject({ kind: z.literal('base'), ...about, base: baseSchema });

/** Trains one system on running text (docs/design/study.md section 4). Result: final checkpoint of all its weights. */
const pretrainPhaseSchema = z.strictObject({
  kind: z.literal('pretrain'),
  ...about,
  ...systemFields,
  softInit: z.string(),
  coprocessorInit: z.enum(['base', 'random']),
  pretrain: pretrainSchema
    .omit({ corpus: true })
    .extend({ objectives: z.array(orthogonalitySchema).min(1).optional() }),
  seed: z.number().int().min(0),
});

/**
 * Trains one system under the curriculum objective from the Base. Result: final checkpoint of all its weights. `train.select` is there where a
 * checkpoint is chosen, and `train.objectives` where there are some, so that identities of the others stay.
 */
const finetunePhaseSchema = z.strictObject({
  kind: z.literal('finetune'),
  ...about,
  ...systemFields,
  softInit: z.string(),
  coprocessorInit: z.enum(['base', 'random']),
  curriculum: curriculumSchema.nullable(),
  train: trainSchema.extend({
    select: selectSchema.optional(),
    objectives: z.array(objectiveSchema).min(1).optional(),
  }),
  seed: z.number().int().min(0),
});

/**
 * What a trained system can do: greedy exact match on questions, perplexity on a corpus, choices of a benchmark. Result: every item a row.
 * `evaluate.corpus` is there for a corpus only, `evaluate.interventions` where there are some, so that identities of the others stay.
 */
const evaluatePhaseSchema = z.strictObject({
  kind: z.literal('evaluate'),
  ...about,
  ...systemFields,
  evaluate: evaluateSchema.extend({
    corpus: corpusEvaluationSchema.optional(),
    interventions: z.array(interventionSchema).min(1).optional(),
  }),
});

/** Latents of a trained system over a split (docs/design/study.md section 7). Result: analyses; its checkpoint holds the latents themselves. */
const analysePhaseSchema = z.strictObject({
  kind: z.literal('analyse'),
  ...about,
  ...systemFields,
  analyse: analyseSchema,
});

export const phaseConfigSchema = z.discriminatedUnion('kind', [
  basePhaseSchema,
  pretrainPhaseSchema,
  finetunePhaseSchema,
  evaluatePhaseSchema,
  analysePhaseSchema,
]);
export type PhaseConfig = z.infer<typeof phaseConfigSchema>;
export type BasePhaseConfig = z.infer<typeof basePhaseSchema>;
export type PretrainPhaseConfig = z.infer<typeof pretrainPhaseSchema>;
export type FinetunePhaseConfig = z.infer<typeof finetunePhaseSchema>;
export type EvaluatePhaseConfig = z.infer<typeof evaluatePhaseSchema>;
export type AnalysePhaseConfig = z.infer<typeof analysePhaseSchema>;

/** What a worker may be asked to run: work for the engine, or for the simulated trainer. */
export const anyPhaseConfigSchema = z.discriminatedUnion('kind', [...phaseConfigSchema.options, simulatePhaseSchema]);
export type AnyPhaseConfig = PhaseConfig | SimulatePhaseConfig;

/** For commands that train without a stack. @throws LatentSweepError SPEC_INVALID for a simulated phase */
export function trainedConfig(config: AnyPhaseConfig): PhaseConfig {
  if (config.kind !== 'simulate') return config;
  throw new LatentSweepError('SPEC_INVALID', 'task.name simulate trains nothing: run it on a stack, with lsweep run', {
    key: 'task.name',
  });
}

/** One phase of a trial's pipeline, in order of execution; `parent` is the phase whose final checkpoint it starts from. */
export interface PlannedPhase {
  readonly key: PhaseKey;
  readonly config: AnyPhaseConfig;
  readonly parent: PhaseKey | null;
}

export interface PlannedTrial {
  readonly key: TrialKey;
  /** Index of the cell in the sweep's grid. */
  readonly cell: number;
  readonly phases: readonly PlannedPhase[];
}
