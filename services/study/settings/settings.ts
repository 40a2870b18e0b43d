// Everything that determines a trial, as one zod schema with every default of docs/design/study.md section 11. The sweep file, the
// trial identity, the workers' phase configs and the JSON Schema for editors all come from here. Pure; no I/O.

import { z } from 'zod';
import { analyseSchema, interventionSchema } from './latent-analysis.ts';
import { PROSQA_PUBLISHED } from './published-tasks.ts';
import { simulateTaskSchema } from './simulate.ts';
import { channelSchema, SYSTEM_NAMES } from './system-names.ts';
import { type BenchmarkSettings, benchmarkSchemas, type CorpusSettings, corpusSchema } from './text-tasks.ts';

const count = z.number().int().min(1);
const fraction = z.number().min(0).max(1);
const rate = z.number().min(0).finite();

/** A model to train from scratch by shape, or to load from a Hugging Face folder (`path`) or hub name (`hf:owner/name@revision`). */
export const modelSchema = z.union([
  z.strictObject({
    family: z.enum(['gpt2', 'qwen3']),
    layers: count,
    width: count,
    heads: count,
    /** Query heads share key/value heads (qwen3); null = as many as heads. */
    kvHeads: count.nullable().default(null),
    /** Width of one head (qwen3); null = width / heads. */
    headWidth: count.nullable().default(null),
    /** Feed-forward width; null = 4 x width (gpt2), 3 x width (qwen3). */
    inner: count.nullable().default(null),
    /** Positions of the context. */
    context: count.default(1024),
  }),
  z.strictObject({ weights: z.string().min(1) }),
]);

export const tokenizerSchema = z.union([
  z.enum(['bytes', 'words', 'gpt2', 'qwen3']),
  z.strictObject({ file: z.string().min(1) }),
]);

export const taskSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('prosqa'),
    /** Generated training problems (docs/design/study.md section 6); the published valid and test files are the held-out splits. */
    train: count.default(PROSQA_PUBLISHED.train),
    /** A training file in the published format instead of the generator. */
    trainFile: z.string().nullable().default(null),
    /** Mean number of nodes of a generated graph; below 12 the held-out splits are generated too. */
    nodes: z.number().min(5).max(60).default(PROSQA_PUBLISHED.meanNodes),
    /** Generated problems only: both options equally deep below their roots, so that depth does not give the answer away. */
    balanced: z.boolean().default(false),
    valid: count.default(PROSQA_PUBLISHED.valid),
    test: count.default(PROSQA_PUBLISHED.test),
    dataSeed: z.number().int().min(0).default(1),
  }),
  z.strictObject({
    name: z.literal('countdown'),
    operands: z.number().int().min(2).max(6).default(3),
    maxOperand: count.default(50),
    maxTarget: count.default(100),
    train: count.default(262_144),
    valid: count.default(512),
    test: count.default(1_024),
    dataSeed: z.number().int().min(0).default(1),
  }),
  z.strictObject({
    name: z.literal('gsm8k'),
    /** Augmented training set in its public text format; null = the original train split. */
    trainFile: z.string().nullable().default(null),
    train: count.nullable().default(null),
    valid: count.default(500),
    test: count.nullable().default(null),
  }),
  corpusSchema,
  ...benchmarkSchemas,
]);

/**
 * Coconut's staged curriculum (docs/design/study.md section 5): `stages` = k; c = latents / stages latents per removed step; `firstStage` 0
 * begins with the full chain of thought. null = no curriculum: all latents and no steps from the start. A plain system trains as many steps, in
 * one stage.
 */
export const curriculumSchema = z.strictObject({
  stages: count.default(4),
  firstStage: z.number().int().min(0).default(0),
  /** A last stage with every step removed (Coconut). */
  finalStage: z.boolean().default(true),
  /** Probability that an example is drawn from a random other stage. */
  uniformProb: fraction.default(0),
});

/** A learning rate for all trained tensors, or one per parameter group; `stepDecoder` belongs to the objective `steps`. */
const learningRateSchema = z.union([
  rate,
  z.strictObject({ base: rate, coprocessor: rate, soft: rate, stepDecoder: rate.optional() }),
]);

/** Term that makes latents of a site point into different directions (docs/design/study.md section 12). */
export const orthogonalitySchema = z.strictObject({
  kind: z.literal('orthogonality'),
  /** Factor of the term in the optimised loss. */
  weight: rate,
});

/** Term by which a decoder of its own, dropped after training, reads every replaced step off its latents (docs/design/study.md section 12). */
const stepsSchema = z.strictObject({
  kind: z.literal('steps'),
  /** Factor of the term in the optimised loss. */
  weight: rate,
  /** Layers of the step decoder, copied from the Base's first; null = as many as the Base has. */
  layers: count.nullable().default(null),
});

/** Terms of the optimised loss beside the cross-entropy, each kind once. */
export const objectiveSchema = z.discriminatedUnion('kind', [orthogonalitySchema, stepsSchema]);
export type Objective = z.infer<typeof objectiveSchema>;

/**
 * In what matrix products are computed; weights, sums, loss and optimizer are fp32 always. tf32 rounds operands to 10 bits of mantissa, bf16 to
 * 7, both on a GPU only.
 */
const precisionSchema = z.enum(['fp32', 'tf32', 'bf16']);
export type Precision = z.infer<typeof precisionSchema>;

/** Checkpoint chosen by greedy exact match on validation questions, within the last stage; the earliest of equals. */
export const selectSchema = z.strictObject({
  /** Optimizer steps between two validations, from the beginning of the last stage; its last step has one in any case. */
  every: count,
  /** Questions of the split `valid`, from its start; all of it where it has fewer. */
  items: count,
  maxNewTokens: count.default(64),
});

/** How a system is optimised, whatever it learns from (docs/design/study.md section 11). */
const optimization = {
  /** Effective batch: examples or sequences per optimizer step. */
  batch: count.default(128),
  /** So many of them per forward and backward pass; null = batch. */
  microbatch: count.nullable().default(null),
  lr: learningRateSchema.default(1e-4),
  schedule: z.enum(['constant', 'linear', 'cosine']).default('constant'),
  warmupSteps: z.number().int().min(0).default(0),
  betas: z.tuple([fraction, fraction]).default([0.9, 0.999]),
  eps: z.number().positive().default(1e-8),
  weightDecay: z.number().min(0).default(0.01),
  decay: z.enum(['all', 'matrices']).default('all'),
  clip: z.number().positive().nullable().default(1),
  /** null = fp32 on the CPU, tf32 on a GPU. */
  precision: precisionSchema.nullable().default(null),
  /** Inner values of layers are computed again for the gradient instead of kept: about a third more operations, far less memory, same numbers. */
  recompute: z.boolean().default(false),
};

export const trainSchema = z.strictObject({
  /** Optimizer steps of each stage; exactly one of stepsPerStage and epochsPerStage is set. */
  stepsPerStage: count.nullable().default(null),
  epochsPerStage: z.number().positive().nullable().default(null),
  ...optimization,
  /** Terms beside the cross-entropy. */
  objectives: z.array(objectiveSchema).default([]),
  resetOptimizer: z.boolean().default(true),
  /** Which weights of the last stage the evaluation gets; null = the final ones. */
  select: selectSchema.nullable().default(null),
});

/**
 * The corpus stage (docs/design/study.md section 4): the system trains on running text, with latents at `sites` places of every sequence, each
 * scored on the `ahead` tokens after it. Plain systems learn every token.
 */
export const pretrainSchema = z.strictObject({
  /** The text; null = the task's own. A Base from scratch reads it too. */
  corpus: corpusSchema.nullable().default(null),
  steps: count,
  ...optimization,
  /** Terms beside the cross-entropy; there are no replaced steps in running text. */
  objectives: z.array(z.discriminatedUnion('kind', [orthogonalitySchema])).default([]),
  /** S, tokens per sequence; null = the model's context. */
  sequence: count.nullable().default(null),
  /** M, drawn uniformly and without replacement from the positions that leave room for latents, query and ahead tokens. */
  sites: count.default(64),
  /** N_A. */
  ahead: count.default(16),
  /** Weight of the Base's own next-token loss beside that of the sites; 0 where the Base is frozen or nothing else is trained. */
  prefixLmLossWeight: rate.default(0),
});

/** How the Base comes to be when no weights are given: from `pretrain.corpus`, else from the task's own worked examples. */
export const baseSchema = z.strictObject({
  /**
   * `text`: running text, every token counts. `solutions`: the task's worked examples one by one, steps and answer count, as Coconut's first
   * stage does; with small models and random questions, which nobody can predict, it takes far fewer steps.
   */
  learns: z.enum(['text', 'solutions']).default('text'),
  steps: count.default(1_000),
  batch: count.default(32),
  /** Tokens per packed sequence of text; null = the model's context. */
  sequence: count.nullable().default(null),
  lr: rate.default(1e-3),
  warmupSteps: z.number().int().min(0).default(50),
  schedule: z.enum(['constant', 'linear', 'cosine']).default('cosine'),
  weightDecay: z.number().min(0).default(0.01),
  clip: z.number().positive().nullable().default(1),
  /** The Base's own seed; one Base serves every trial seed. */
  seed: z.number().int().min(0).default(0),
});

/** Which tokens of a corpus's held-out sequences are scored; as in `pretrain`, and the same for plain systems. */
export const corpusEvaluationSchema = z.strictObject({
  sequence: count.nullable().default(null),
  sites: count.default(64),
  ahead: count.default(16),
});

export const evaluateSchema = z.strictObject({
  split: z.enum(['valid', 'test']).default('test'),
  /** Items of the split (questions, or sequences of a corpus), from its start; null = all. */
  items: count.nullable().default(null),
  maxNewTokens: count.default(64),
  batch: count.default(32),
  /** For task corpus; null = as `pretrain` says. */
  corpus: corpusEvaluationSchema.nullable().default(null),
  /** Causal tests of the latents: accuracy and loss when they are replaced. Systems without latents have none. */
  interventions: z.array(interventionSchema).default([]),
});

export const trialSettingsSchema = z.strictObject({
  model: modelSchema,
  tokenizer: tokenizerSchema.default('bytes'),
  task: z.discriminatedUnion('name', [...taskSchema.options, simulateTaskSchema]),
  /** null: the model's weights are used as they are. */
  base: baseSchema.nullable().default(null),
  system: z.enum(SYSTEM_NAMES),
  /** null = the system's own channel (`liu`, `h2`: embedding; `h1`, `h1_h2`: kv over all layers). */
  channel: channelSchema.nullable().default(null),
  /** N_L, the latent budget. */
  latents: z.number().int().min(0).default(0),
  query: z.enum(['marker', 'repeat']).default('marker'),
  gradThroughCache: z.boolean().default(true),
  softInit: z.union([z.enum(['mean', 'zeros']), z.string().regex(/^token:.+$/s)]).default('mean'),
  coprocessorInit: z.enum(['base', 'random']).default('base'),
  curriculum: curriculumSchema.nullable().default(null),
  /** null: no corpus stage. */
  pretrain: pretrainSchema.nullable().default(null),
  /** null: nothing is trained on the task (a corpus or a benchmark has nothing to finetune on). */
  train: trainSchema.nullable().default(null),
  evaluate: evaluateSchema.default(evaluateSchema.parse({})),
  /** Geometry of the latents and attention to them, of the trained system; null = no such phase. Systems without latents have none. */
  analyse: analyseSchema.nullable().default(null),
  seed: z.number().int().min(0),
});

/** What the slot must offer; never part of an identity. */
export const resourcesSchema = z.strictObject({
  device: z.enum(['any', 'cpu', 'cuda']).default('any'),
  threads: count.default(1),
  memoryMb: count.nullable().default(null),
});

export type TrialSettings = z.infer<typeof trialSettingsSchema>;
export type ModelSettings = z.infer<typeof modelSchema>;
export type TokenizerSettings = z.infer<typeof tokenizerSchema>;
export type TaskSettings = z.infer<typeof taskSchema>;
/** Tasks with questions to train and decode on. */
export type QuestionTaskSettings = Exclude<TaskSettings, CorpusSettings | BenchmarkSettings>;
export type CurriculumSettings = z.infer<typeof curriculumSchema>;
export type TrainSettings = z.infer<typeof trainSchema>;
export type PretrainSettings = z.infer<typeof pretrainSchema>;
export type BaseSettings = z.infer<typeof baseSchema>;
export type EvaluateSettings = z.infer<typeof evaluateSchema>;
export type Resources = z.infer<typeof resourcesSchema>;
