// The tasks that a trial may train and be judged on (docs/design/study.md section 6).

import { z } from 'zod';
import { PROSQA_PUBLISHED } from './published-tasks.ts';
import { benchmarkSchemas, corpusSchema } from './text-tasks.ts';

const count = z.number().int().min(1);
const dataSeed = z.number().int().min(0).default(1).meta({
  description: 'Seed of the generated problems. The trial’s seed does not change them.',
});

const prosqaSchema = z.strictObject({
  name: z.literal('prosqa').meta({ description: 'Which of two concepts holds, over a graph of statements.' }),
  train: count
    .default(PROSQA_PUBLISHED.train)
    .meta({ description: 'Training problems to generate.', unit: 'problems' }),
  trainFile: z
    .string()
    .nullable()
    .default(null)
    .meta({
      description: 'A training file in the published format. null: the generator makes them.',
      examples: ['data/prosqa_train.json'],
    }),
  nodes: z.number().min(5).max(60).default(PROSQA_PUBLISHED.meanNodes).meta({
    description:
      'Mean size of a generated graph. Below 12 the held-out splits are generated too; otherwise they are the published ones.',
    unit: 'nodes',
  }),
  balanced: z.boolean().default(false).meta({
    description:
      'Generated problems only: both options lie equally deep below their roots, so that depth does not give the answer away.',
  }),
  valid: count
    .default(PROSQA_PUBLISHED.valid)
    .meta({ description: 'Problems of the split `valid`.', unit: 'problems' }),
  test: count.default(PROSQA_PUBLISHED.test).meta({ description: 'Problems of the split `test`.', unit: 'problems' }),
  dataSeed,
});

const countdownSchema = z.strictObject({
  name: z.literal('countdown').meta({ description: 'Reach a target number from others, each used once.' }),
  operands: z.number().int().min(2).max(6).default(3).meta({ description: 'Numbers of a problem.' }),
  maxOperand: count.default(50).meta({ description: 'Largest number; they are drawn from 1 to this.' }),
  maxTarget: count.default(100).meta({ description: 'Largest target; it is drawn from 0 to this.' }),
  train: count.default(262_144).meta({ description: 'Training problems to generate.', unit: 'problems' }),
  valid: count.default(512).meta({ description: 'Problems of the split `valid`.', unit: 'problems' }),
  test: count.default(1_024).meta({ description: 'Problems of the split `test`.', unit: 'problems' }),
  dataSeed,
});

const gsm8kSchema = z.strictObject({
  name: z.literal('gsm8k').meta({ description: 'Grade-school word problems, which ship with the program.' }),
  trainFile: z
    .string()
    .nullable()
    .default(null)
    .meta({
      description:
        'An augmented training set in its public text format, or Coconut’s JSON. null: the original train split.',
      examples: ['data/gsm8k_aug_train.txt'],
    }),
  train: count
    .nullable()
    .default(null)
    .meta({
      description: 'Training problems to use, from the start. null: all.',
      unit: 'problems',
      examples: [1000],
    }),
  valid: count.default(500).meta({
    description: 'Problems of the split `valid`: the last ones of the training file.',
    unit: 'problems',
  }),
  test: count
    .nullable()
    .default(null)
    .meta({
      description: 'Problems of the split `test`, from its start. null: all 1,319.',
      unit: 'problems',
      examples: [200],
    }),
});

export const taskSchema = z.discriminatedUnion('name', [
  prosqaSchema,
  countdownSchema,
  gsm8kSchema,
  corpusSchema,
  ...benchmarkSchemas,
]);
