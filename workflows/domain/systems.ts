// The systems and channels of the study (study.md section 2), by the names that sweep files, SQL and proto use.
// Pure vocabulary: what each system computes lives in services/trainer/systems.

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

/** Systems without latents and without a query: a plain language model. */
export const PLAIN_SYSTEMS = ['continued_pretraining', 'cot', 'no_cot'] as const satisfies readonly SystemName[];
/** Systems with a Coprocessor that hands over its last hidden states as input embeddings. */
export const EMBEDDING_COPROCESSOR_SYSTEMS = ['liu', 'h2'] as const satisfies readonly SystemName[];
/** Systems with a Coprocessor that hands over cache entries. */
export const KV_SYSTEMS = ['h1', 'h1_h2'] as const satisfies readonly SystemName[];
/** Systems whose Base stays as it was. */
export const FROZEN_BASE_SYSTEMS = ['liu', 'h1'] as const satisfies readonly SystemName[];

const positiveInt = z.number().int().min(1);

/** Which layers' cache entries are exchanged, counted from 0; `top:k` are the last k, `every:k` are 0, k, 2k, ... */
const layerSelectionSchema = z.union([
  z.literal('all'),
  z.string().regex(/^(top|bottom|every):[1-9][0-9]*$/),
  z.array(z.number().int().min(0)).min(1),
]);

/** What is exchanged per latent (study.md section 2, "Channel capacity as an axis"); `rank` null = full width. */
export const channelSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('embedding'), rank: positiveInt.nullable().default(null) }),
  z.strictObject({
    kind: z.literal('kv'),
    layers: layerSelectionSchema.default('all'),
    rank: positiveInt.nullable().default(null),
  }),
]);

export type LayerSelection = z.infer<typeof layerSelectionSchema>;
export type Channel = z.infer<typeof channelSchema>;
export type Query = 'marker' | 'repeat';
