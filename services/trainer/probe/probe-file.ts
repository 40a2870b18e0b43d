// probe.json as one schema (format latent-sweep-probe/1): a small, complete job of training or generation. Unknown keys are refused.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { systemTraits } from '../../study/systems/index.ts';

const count = z.number().int().min(0);
const tokens = z.array(z.number().int());

const CORPUS_ONLY = ['continued_pretraining'] as const;
const CURRICULUM_ONLY = ['cot', 'no_cot', 'without_thought', 'coconut'] as const;
const BOTH = ['soft_embeddings', 'pause', 'liu', 'h1', 'h2', 'h1_h2'] as const;

const channel = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('embedding') }),
  z.strictObject({ kind: z.literal('kv'), layers: z.union([z.literal('all'), z.array(count).min(1)]) }),
]);

const common = {
  format: z.literal('latent-sweep-probe/1'),
  name: z.string(),
  /** Hugging Face form; read by parseModelConfig, which also ignores keys without effect. */
  model: z.record(z.string(), z.unknown()),
  channel: channel.nullable(),
  latents: count,
  query: z.enum(['marker', 'repeat']).nullable(),
};

const weight = z.number().min(0);
const objectives = z
  .array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('orthogonality'), weight }),
      z.strictObject({ kind: z.literal('steps'), weight, layers: z.number().int().min(1).nullable() }),
    ]),
  )
  .optional();

const training = {
  ...common,
  mode: z.literal('train'),
  objectives,
  latents_per_step: z.number().int().min(1).optional(),
  grad_through_cache: z.boolean(),
  optimizer: z.strictObject({
    name: z.literal('adamw'),
    lr: z.number().min(0),
    betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]),
    eps: z.number().positive(),
    weight_decay: z.number().min(0),
    clip: z.number().positive().nullable(),
  }),
};

const corpus = z.strictObject({
  ...training,
  objective: z.literal('corpus'),
  system: z.enum([...CORPUS_ONLY, ...BOTH]),
  ahead: z.number().int().min(1),
  prefix_lm_loss_weight: z.number().min(0),
  batches: z
    .array(z.strictObject({ tokens: z.array(tokens).min(1), sites: z.array(z.array(count)).optional() }))
    .min(1),
});

const curriculum = z.strictObject({
  ...training,
  objective: z.literal('curriculum'),
  system: z.enum([...CURRICULUM_ONLY, ...BOTH]),
  batches: z
    .array(
      z.strictObject({
        items: z
          .array(
            z.strictObject({ question: tokens, latents: count, target: tokens, steps: z.array(tokens).optional() }),
          )
          .min(1),
      }),
    )
    .min(1),
});

const generation = z.strictObject({
  ...common,
  mode: z.literal('generate'),
  system: z.enum([...CORPUS_ONLY, ...CURRICULUM_ONLY, ...BOTH]),
  items: z.array(z.strictObject({ question: tokens, latents: count })),
  max_new_tokens: z.number().int().min(1),
  eos_token_id: z.number().int().nullable(),
});

const probeSchema = z.discriminatedUnion('mode', [z.discriminatedUnion('objective', [corpus, curriculum]), generation]);

export type Probe = z.infer<typeof probeSchema>;
export type TrainProbe = Extract<Probe, { mode: 'train' }>;
export type GenerateProbe = Extract<Probe, { mode: 'generate' }>;

/** @throws LatentSweepError DATA_MISSING without a probe.json, CONFIG_INVALID naming the key for one that is not a probe */
export function readProbe(folder: string): Probe {
  const file = join(folder, 'probe.json');
  const parsed = probeSchema.safeParse(readJson(file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : [];
    const key = [...(issue?.path ?? []), ...unknown.slice(0, 1)].join('.');
    throw new LatentSweepError('CONFIG_INVALID', `${file}: ${key}: ${issue?.message ?? 'not a probe'}`, { key, file });
  }
  const probe = parsed.data;
  if (probe.mode === 'train' && probe.objective === 'corpus' && systemTraits(probe.system).plain) {
    const withSites = probe.batches.findIndex(({ sites }) => sites !== undefined);
    if (withSites >= 0) {
      throw new LatentSweepError(
        'CONFIG_INVALID',
        `${file}: batches.${withSites}.sites: ${probe.system} has no sites`,
        { key: 'sites', file },
      );
    }
  }
  return probe;
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LatentSweepError('DATA_MISSING', `${file} cannot be read`, { file }, cause);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LatentSweepError('CONFIG_INVALID', `${file} is not JSON`, { file }, cause);
  }
}
