// What a trained system is asked (docs/design/study.md sections 5, 7 and 9).

import { z } from 'zod';
import { interventionSchema } from './latent-analysis.ts';

const count = z.number().int().min(1);

/** Which tokens of a corpus's held-out sequences are scored; as in `pretrain`, and the same for plain systems. */
export const corpusEvaluationSchema = z.strictObject({
  sequence: count
    .nullable()
    .default(null)
    .meta({
      description: 'S: length of a held-out sequence. null: the model’s context.',
      unit: 'tokens',
      examples: [512],
    }),
  sites: count.default(64).meta({ description: 'M: places of a sequence that have latents.', unit: 'places' }),
  ahead: count.default(16).meta({ description: 'N_A: tokens after a site that are scored.', unit: 'tokens' }),
});

export const evaluateSchema = z.strictObject({
  split: z.enum(['valid', 'test']).default('test').meta({
    description: 'The split that is asked. Choose settings on `valid`; `test` is for what is reported.',
  }),
  items: count
    .nullable()
    .default(null)
    .meta({
      description: 'Items of the split (questions, or sequences of a corpus), from its start. null: all.',
      unit: 'items',
      examples: [200],
    }),
  maxNewTokens: count.default(64).meta({ description: 'Longest answer that is decoded.', unit: 'tokens' }),
  batch: count.default(32).meta({ description: 'Questions that are decoded together.', unit: 'items' }),
  corpus: corpusEvaluationSchema
    .nullable()
    .default(null)
    .meta({
      description: 'For the task `corpus`: which tokens are scored. null: as `pretrain` says.',
      examples: [{ sequence: 512, sites: 32, ahead: 16 }],
    }),
  interventions: z
    .array(interventionSchema)
    .default([])
    .meta({
      description:
        'Causal tests of the latents: accuracy and loss when they are set to zero, shuffled within a batch’s slots, swapped between questions, replaced by their mean, or cut to the first n. Systems without latents have none.',
      examples: [['zero', 'swap', { truncate: 2 }]],
    }),
});
