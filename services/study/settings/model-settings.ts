// Model and tokenizer of a trial.

import { z } from 'zod';

const count = z.number().int().min(1);

/** A model to train from scratch by shape, or to load from a Hugging Face folder or hub name. */
export const modelSchema = z
  .union([
    z.strictObject({
      family: z.enum(['gpt2', 'qwen3']).meta({ description: 'Architecture, after the public one of that name.' }),
      layers: count.meta({ description: 'Transformer blocks.', examples: [2] }),
      width: count.meta({ description: 'Width of the residual stream.', unit: 'floats', examples: [192] }),
      heads: count.meta({ description: 'Attention heads of a layer; they divide `width`.', examples: [6] }),
      kvHeads: count
        .nullable()
        .default(null)
        .meta({
          description: 'Key/value heads that the query heads share (qwen3). null: as many as `heads`.',
          examples: [2],
        }),
      headWidth: count
        .nullable()
        .default(null)
        .meta({
          description: 'Width of one head (qwen3). null: `width` / `heads`.',
          unit: 'floats',
          examples: [64],
        }),
      inner: count
        .nullable()
        .default(null)
        .meta({
          description: 'Feed-forward width. null: 4 x `width` (gpt2), 3 x `width` (qwen3).',
          unit: 'floats',
          examples: [768],
        }),
      context: count.default(1024).meta({ description: 'Positions that the model can see.', unit: 'tokens' }),
    }),
    z.strictObject({
      weights: z
        .string()
        .min(1)
        .meta({
          description:
            'Weights to start from: a folder in the form of Hugging Face, or a hub name `hf:owner/name@revision`.',
          examples: ['models/gpt2', 'hf:openai-community/gpt2@607a30d783dfa663caf39e06633721c8d4cfcd7e'],
        }),
    }),
  ])
  .meta({
    description:
      'The Base, whose copy the Coprocessor begins as: by shape, to be trained from scratch, or by its weights.',
    examples: [{ family: 'gpt2', layers: 2, width: 192, heads: 6 }],
  });

export const tokenizerSchema = z.union([
  z.enum(['bytes', 'words', 'gpt2', 'qwen3']),
  z.strictObject({
    file: z
      .string()
      .min(1)
      .meta({
        description: 'A `tokenizer.json` in the form of Hugging Face.',
        examples: ['models/gpt2/tokenizer.json'],
      }),
  }),
]);
