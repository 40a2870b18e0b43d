// Runs a case beyond the probe format (pytorch/extended.py) on the engine and leaves an answer in the form of a probe's. Only for tests:
// the engine's own command keeps to the format.

import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { channelSchema, SYSTEM_NAMES } from '../../services/study/settings/system-names.ts';
import type { HostTensor } from '../../services/tensor/runtime/index.ts';
import { readSafetensors, writeSafetensors } from '../../services/tensor/safetensors/index.ts';
import { type EngineConfig, TrainingEngine } from '../../services/trainer/engine/index.ts';
import { parseModelConfig } from '../../services/trainer/models/index.ts';
import { learningRatesAt } from '../../services/trainer/phases/schedule.ts';
import type { Batch } from '../../services/trainer/systems/index.ts';

const tokens = z.array(z.number());
const rate = z.number();

const extraSchema = z.strictObject({
  microbatch: z.number().nullable().default(null),
  learning_rates: z.strictObject({ base: rate, coprocessor: rate, soft: rate }).optional(),
  decay: z.enum(['all', 'matrices']).default('all'),
  schedule: z
    .strictObject({ name: z.enum(['constant', 'linear', 'cosine']), warmup_steps: z.number() })
    .default({ name: 'constant', warmup_steps: 0 }),
  /** Steps, counted from 1, before which the optimizer starts anew. */
  reset_before_steps: z.array(z.number()).default([]),
});

const common = {
  format: z.literal('latent-sweep-parity/1'),
  name: z.string(),
  model: z.record(z.string(), z.unknown()),
  system: z.enum(SYSTEM_NAMES),
  channel: channelSchema.nullable(),
  latents: z.number(),
  query: z.enum(['marker', 'repeat']).nullable(),
  extra: extraSchema,
};

const training = {
  ...common,
  mode: z.literal('train'),
  grad_through_cache: z.boolean(),
  optimizer: z.strictObject({
    name: z.literal('adamw'),
    lr: rate,
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    weight_decay: z.number(),
    clip: z.number().nullable(),
  }),
};

const caseSchema = z.union([
  z.strictObject({
    ...training,
    objective: z.literal('corpus'),
    ahead: z.number(),
    prefix_lm_loss_weight: z.number(),
    batches: z.array(z.strictObject({ tokens: z.array(tokens), sites: z.array(tokens).optional() })),
  }),
  z.strictObject({
    ...training,
    objective: z.literal('curriculum'),
    batches: z.array(
      z.strictObject({ items: z.array(z.strictObject({ question: tokens, latents: z.number(), target: tokens })) }),
    ),
  }),
  z.strictObject({
    ...common,
    mode: z.literal('generate'),
    items: z.array(z.strictObject({ question: tokens, latents: z.number() })),
    max_new_tokens: z.number(),
    eos_token_id: z.number().nullable(),
  }),
]);

type Case = z.infer<typeof caseSchema>;
type TrainCase = Extract<Case, { mode: 'train' }>;

export function runExtended(inFolder: string, outFolder: string): void {
  const given = caseSchema.parse(JSON.parse(readFileSync(join(inFolder, 'probe.json'), 'utf8')));
  const engine = new TrainingEngine(engineConfig(given));
  try {
    engine.setWeights(readSafetensors(join(inFolder, 'weights.safetensors')).tensors);
    const result = given.mode === 'train' ? train(engine, given, outFolder) : generate(engine, given);
    writeFileSync(join(outFolder, 'result.json'), JSON.stringify(result));
  } finally {
    engine.release();
  }
}

function generate(engine: TrainingEngine, given: Extract<Case, { mode: 'generate' }>): object {
  const generations = engine.generate(given.items, given.max_new_tokens, given.eos_token_id);
  return { generated: generations.map((generation) => generation.tokens) };
}

function train(engine: TrainingEngine, given: TrainCase, outFolder: string): object {
  const { extra } = given;
  const batches = batchesOf(given);
  const tensors = new Map<string, HostTensor>();
  const { logits, targets } = engine.inspect(batches[0] ?? { kind: 'curriculum', items: [] });
  tensors.set('logits', { shape: [targets, logits.length / targets], data: logits });
  const steps = batches.map((batch, index) => {
    const step = index + 1;
    if (extra.reset_before_steps.includes(step)) engine.resetOptimizer();
    const schedule = { schedule: extra.schedule.name, warmupSteps: extra.schedule.warmup_steps };
    const lr = extra.learning_rates ?? given.optimizer.lr;
    const rates = learningRatesAt({ ...schedule, lr }, step, batches.length);
    const taken = engine.trainStep(batch, rates, extra.microbatch);
    if (step === 1) {
      for (const name of engine.trainedNames)
        tensors.set(`grad.${name}`, firstGradient(engine, given, name, taken.gradNorm));
    }
    return taken;
  });
  const weights = engine.weights();
  for (const name of engine.trainedNames) {
    const after = weights.get(name);
    if (after) tensors.set(`after.${name}`, after);
  }
  const fd = openSync(join(outFolder, 'tensors.safetensors'), 'wx');
  try {
    writeSafetensors(fd, tensors);
  } finally {
    closeSync(fd);
  }
  return {
    losses: steps.map((step) => step.lossNats),
    grad_norms: steps.map((step) => step.gradNorm),
    targets: steps.map((step) => step.targets),
    trained: engine.trainedNames,
  };
}

/** The gradient of all accumulated parts, which only the first moment still holds after the first step: m = (1 - beta1) clipped g. */
function firstGradient(engine: TrainingEngine, { optimizer }: TrainCase, name: string, norm: number): HostTensor {
  const moment = engine.state().tensors.get(`adam_m.${name}`);
  if (!moment) throw new Error(`${name} has no moment`);
  const clip = optimizer.clip === null ? 1 : Math.min(1, optimizer.clip / (norm + 1e-6));
  return { shape: moment.shape, data: moment.data.map((value) => value / ((1 - optimizer.betas[0]) * clip)) };
}

function batchesOf(given: TrainCase): readonly Batch[] {
  if (given.objective === 'curriculum') return given.batches.map(({ items }) => ({ kind: 'curriculum', items }));
  const { ahead } = given;
  return given.batches.map((batch) => ({
    kind: 'corpus',
    tokens: batch.tokens,
    sites: batch.sites ?? null,
    ahead,
  }));
}

function engineConfig(given: Case): EngineConfig {
  const training = given.mode === 'train' ? given : null;
  return {
    model: parseModelConfig(given.model),
    system: given.system,
    channel: given.channel,
    latents: given.latents,
    query: given.query,
    gradThroughCache: training?.grad_through_cache ?? true,
    prefixLmLossWeight: training?.objective === 'corpus' ? training.prefix_lm_loss_weight : 0,
    optimizer: {
      betas: training?.optimizer.betas ?? [0.9, 0.999],
      eps: training?.optimizer.eps ?? 1e-8,
      weightDecay: training?.optimizer.weight_decay ?? 0,
      decay: given.extra.decay,
      clip: training?.optimizer.clip ?? null,
    },
    device: 'cpu',
    threads: 1,
  };
}
