// How a trial is trained: the Base, the corpus stage, the curriculum, and the optimisation of each (docs/design/study.md sections 4, 5, 11, 12).

import { z } from 'zod';
import { corpusSchema } from './text-tasks.ts';

const count = z.number().int().min(1);
const fraction = z.number().min(0).max(1);
const rate = z.number().min(0).finite();
const warmupSteps = z.number().int().min(0);
const scheduleSchema = z.enum(['constant', 'linear', 'cosine']);
const SCHEDULE = 'Course of the learning rate after the warm-up: constant, or falling to 0 on a line or a half cosine.';
const WARMUP = 'Steps in which the learning rate rises on a line from 0.';
const CLIP = 'Largest norm of the gradient, all tensors together. null: it is not clipped.';
const WEIGHT_DECAY = 'Decoupled weight decay, as a share of the learning rate.';

/**
 * Coconut's staged curriculum (docs/design/study.md section 5): `stages` = k; c = latents / stages latents per removed step; `firstStage` 0
 * begins with the full chain of thought. A plain system trains as many steps, in one stage.
 */
export const curriculumSchema = z.strictObject({
  stages: count.default(4).meta({
    description: 'Stages that each replace one more reasoning step by `latents` / `stages` latents.',
  }),
  firstStage: z.number().int().min(0).default(0).meta({
    description: 'The stage that training begins with. 0: the whole chain of thought.',
  }),
  finalStage: z
    .boolean()
    .default(true)
    .meta({ description: 'A last stage with every step removed, as Coconut has it.' }),
  uniformProb: fraction.default(0).meta({ description: 'Chance that an example is drawn from a random other stage.' }),
});

/** A learning rate for all trained tensors, or one per parameter group; `stepDecoder` belongs to the objective `steps`. */
const learningRateSchema = z.union([
  rate,
  z.strictObject({
    base: rate.meta({ description: 'Learning rate of the Base’s tensors.', examples: [1e-5] }),
    coprocessor: rate.meta({ description: 'Learning rate of the Coprocessor’s tensors.', examples: [1e-4] }),
    soft: rate.meta({ description: 'Learning rate of the soft tokens.', examples: [1e-3] }),
    stepDecoder: rate.optional().meta({
      description: 'Learning rate of the step decoder, where `objectives` has `steps`.',
      examples: [1e-4],
    }),
  }),
]);

const objectiveWeight = rate.meta({ description: 'Factor of the term in the optimised loss.', examples: [0.1] });

/** Term that makes latents of a site point into different directions (docs/design/study.md section 12). */
export const orthogonalitySchema = z.strictObject({
  kind: z.literal('orthogonality').meta({ description: 'Latents of a site are to point into different directions.' }),
  weight: objectiveWeight,
});

/** Term by which a decoder of its own, dropped after training, reads every replaced step off its latents (docs/design/study.md section 12). */
const stepsSchema = z.strictObject({
  kind: z.literal('steps').meta({
    description: 'A decoder of its own, dropped after training, is to read every replaced step off its latents.',
  }),
  weight: objectiveWeight,
  layers: count
    .nullable()
    .default(null)
    .meta({
      description: 'Layers of the step decoder, copied from the Base’s first. null: as many as the Base has.',
      examples: [1],
    }),
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
  every: count.meta({
    description:
      'Steps between two validations, from the beginning of the last stage; its last step has one in any case.',
    unit: 'steps',
    examples: [50],
  }),
  items: count.meta({
    description: 'Questions of the split `valid` that are asked, from its start.',
    unit: 'questions',
    examples: [100],
  }),
  maxNewTokens: count.default(64).meta({ description: 'Longest answer that is decoded.', unit: 'tokens' }),
});

/** How a system is optimised, whatever it learns from (docs/design/study.md section 11). */
const optimization = {
  batch: count.default(128).meta({
    description: 'Effective batch: examples, or sequences of a corpus, for each optimizer step.',
    unit: 'examples',
  }),
  microbatch: count
    .nullable()
    .default(null)
    .meta({
      description: 'So many of them for each forward and backward pass. null: all of `batch`.',
      unit: 'examples',
      examples: [8],
    }),
  lr: learningRateSchema.default(1e-4).meta({
    description: 'Learning rate of AdamW: one for all trained tensors, or one for each group.',
    examples: [1e-3, { base: 1e-5, coprocessor: 1e-4, soft: 1e-3 }],
  }),
  schedule: scheduleSchema.default('constant').meta({ description: SCHEDULE }),
  warmupSteps: warmupSteps.default(0).meta({ description: WARMUP, unit: 'steps' }),
  betas: z.tuple([fraction, fraction]).default([0.9, 0.999]).meta({ description: 'AdamW’s decay of both moments.' }),
  eps: z.number().positive().default(1e-8).meta({ description: 'AdamW’s epsilon.' }),
  weightDecay: z.number().min(0).default(0.01).meta({ description: WEIGHT_DECAY }),
  decay: z.enum(['all', 'matrices']).default('all').meta({ description: 'Which tensors weight decay acts on.' }),
  clip: z.number().positive().nullable().default(1).meta({ description: CLIP }),
  precision: precisionSchema
    .nullable()
    .default(null)
    .meta({
      description:
        'In what matrix products are computed; all else is fp32. tf32 rounds operands to 10 bits of mantissa, bf16 to 7, both on a GPU only. null: fp32 on the CPU, tf32 on a GPU.',
      examples: ['bf16'],
    }),
  recompute: z.boolean().default(false).meta({
    description:
      'Inner values of layers are computed again for the gradient instead of kept: about a third more operations, far less memory, the same numbers.',
  }),
};

export const trainSchema = z.strictObject({
  stepsPerStage: count
    .nullable()
    .default(null)
    .meta({
      description: 'Optimizer steps of each stage. Exactly one of `stepsPerStage` and `epochsPerStage` is set.',
      unit: 'steps',
      examples: [100],
    }),
  epochsPerStage: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .meta({
      description: 'The same as passes over the training problems.',
      unit: 'epochs',
      examples: [3],
    }),
  ...optimization,
  objectives: z
    .array(objectiveSchema)
    .default([])
    .meta({
      description: 'Terms of the loss beside the cross-entropy, each kind once.',
      examples: [[{ kind: 'orthogonality', weight: 0.1 }]],
    }),
  resetOptimizer: z.boolean().default(true).meta({
    description: 'The optimizer’s state is reset when the stage changes.',
  }),
  select: selectSchema
    .nullable()
    .default(null)
    .meta({
      description:
        'Which weights of the last stage are evaluated: those that answer most validation questions, the earliest of equals. null: the final ones.',
      examples: [{ every: 50, items: 100 }],
    }),
});

/**
 * The corpus stage (docs/design/study.md section 4): the system trains on running text, with latents at `sites` places of every sequence, each
 * scored on the `ahead` tokens after it. Plain systems learn every token.
 */
export const pretrainSchema = z.strictObject({
  corpus: corpusSchema
    .nullable()
    .default(null)
    .meta({
      description: 'The text. null: the task’s own, where the task is a corpus. A Base from scratch reads it too.',
      examples: [{ name: 'corpus', files: ['builtin:gsm8k'] }],
    }),
  steps: count.meta({ description: 'Optimizer steps.', unit: 'steps', examples: [2000] }),
  ...optimization,
  objectives: z
    .array(z.discriminatedUnion('kind', [orthogonalitySchema]))
    .default([])
    .meta({
      description: 'Terms of the loss beside the cross-entropy; running text has no steps that latents replace.',
      examples: [[{ kind: 'orthogonality', weight: 0.1 }]],
    }),
  sequence: count
    .nullable()
    .default(null)
    .meta({
      description: 'S: length of a sequence. null: the model’s context.',
      unit: 'tokens',
      examples: [512],
    }),
  sites: count.default(64).meta({
    description:
      'M: places of a sequence that have latents, drawn uniformly and without replacement from those that leave room for latents, query and the tokens after them.',
    unit: 'places',
  }),
  ahead: count.default(16).meta({ description: 'N_A: tokens after a site that are scored.', unit: 'tokens' }),
  prefixLmLossWeight: rate.default(0).meta({
    description:
      'Weight of the Base’s own next-token loss beside that of the sites. It is 0 where the Base is frozen or nothing else is trained.',
  }),
});

/** How the Base comes to be when no weights are given: from `pretrain.corpus`, else from the task's own worked examples. */
export const baseSchema = z.strictObject({
  learns: z.enum(['text', 'solutions']).default('text').meta({
    description:
      '`text`: running text, every token counts. `solutions`: the task’s worked examples one by one, steps and answer count, as in Coconut’s first stage; with small models and random questions, which nobody can predict, it takes far fewer steps.',
  }),
  steps: count.default(1_000).meta({ description: 'Optimizer steps.', unit: 'steps' }),
  batch: count.default(32).meta({ description: 'Sequences, or worked examples, for each step.', unit: 'examples' }),
  sequence: count
    .nullable()
    .default(null)
    .meta({
      description: 'Length of a packed sequence of text. null: the model’s context.',
      unit: 'tokens',
      examples: [128],
    }),
  lr: rate.default(1e-3).meta({ description: 'Learning rate of AdamW.' }),
  warmupSteps: warmupSteps.default(50).meta({ description: WARMUP, unit: 'steps' }),
  schedule: scheduleSchema.default('cosine').meta({ description: SCHEDULE }),
  weightDecay: z.number().min(0).default(0.01).meta({ description: WEIGHT_DECAY }),
  clip: z.number().positive().nullable().default(1).meta({ description: CLIP }),
  seed: z.number().int().min(0).default(0).meta({
    description: 'The Base’s own seed; one Base serves every seed of the trials.',
  }),
});
