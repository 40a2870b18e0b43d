// The systems and channels of the study (docs/design/study.md section 2), by the names that sweep files, SQL and proto use.
// Pure vocabulary: what each system is stands in system-traits.ts, what it computes in services/trainer/systems.

import { z } from 'zod';

export const SYSTEM_NAMES = [
  'continued_pretraining',
  'soft_embeddings',
  'liu',
  'h1',
  'h2',
  'coconut',
  'cot',
  'no_cot',
  'pause',
  'without_thought',
  'soft_2x',
  'h1_h2',
] as const;

export type SystemName = (typeof SYSTEM_NAMES)[number];

const positiveInt = z.number().int().min(1);

const layerSelectionSchema = z.union([
  z.literal('all'),
  z.string().regex(/^(top|bottom|every):[1-9][0-9]*$/),
  z.array(z.number().int().min(0)).min(1),
]);

const rank = positiveInt
  .nullable()
  .default(null)
  .meta({
    description: 'Rank that what is exchanged is squeezed through. null: full width.',
    unit: 'floats',
    examples: [16],
  });

/** What is exchanged per latent (docs/design/study.md section 2, "Channel capacity as an axis"). */
export const channelSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('embedding').meta({ description: 'Last hidden states enter as input embeddings.' }),
    rank,
  }),
  z.strictObject({
    kind: z.literal('kv').meta({ description: 'Cache entries enter: keys and values of layers.' }),
    layers: layerSelectionSchema.default('all').meta({
      description:
        'Which layers’ cache entries are exchanged, counted from 0. `top:k` are the last k, `bottom:k` the first, `every:k` are 0, k, 2k, ...',
    }),
    rank,
  }),
]);

export type LayerSelection = z.infer<typeof layerSelectionSchema>;
export type Channel = z.infer<typeof channelSchema>;
export type Query = 'marker' | 'repeat';
