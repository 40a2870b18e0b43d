// Runs a probe: exact weights and batches in, losses, gradients, logits and weights (or generated ids) out, so that any program that
// follows the same definition can be compared with this one. One thread: the answer is the same on every machine of a kind.

import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { HostTensor, NamedTensors } from '../../tensor/runtime/index.ts';
import { readSafetensors, writeSafetensors } from '../../tensor/safetensors/index.ts';
import { type EngineConfig, type Inspection, TrainingEngine } from '../engine/index.ts';
import { type ModelConfig, parseModelConfig } from '../models/index.ts';
import type { Batch } from '../systems/index.ts';
import { type GenerateProbe, type Probe, readProbe, type TrainProbe } from './probe-file.ts';

const SOFT_TOKENS = 'soft_tokens';
/** What the optimizer of a generating engine is set to; it is never stepped. */
const NO_OPTIMIZER = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, decay: 'all', clip: null } as const;

/**
 * @param inFolder with probe.json and weights.safetensors; only read
 * @param outFolder existing and empty; receives result.json, and tensors.safetensors of a training probe
 * @throws LatentSweepError for a probe, weights or data that cannot be used, before anything is written
 */
export function runProbe(inFolder: string, outFolder: string): void {
  const probe = readProbe(inFolder);
  checkEmpty(outFolder);
  const { tensors, emptyTable } = withoutEmptyTable(
    probe,
    readSafetensors(join(inFolder, 'weights.safetensors')).tensors,
  );
  const engine = new TrainingEngine(engineConfig(probe));
  try {
    engine.setWeights(tensors);
    if (probe.mode === 'generate') writeGenerations(engine, probe, outFolder);
    else writeTraining(engine, probe, emptyTable, outFolder);
  } finally {
    engine.release();
  }
}

interface GivenWeights {
  readonly tensors: NamedTensors;
  /** The soft-token table of a probe without latents: a tensor of no rows, which the engine does not keep. */
  readonly emptyTable: NamedTensors;
}

function withoutEmptyTable({ model, latents }: Probe, given: NamedTensors): GivenWeights {
  const table = given.get(SOFT_TOKENS);
  const width = model['n_embd'] ?? model['hidden_size'];
  if (latents > 0 || table?.shape.length !== 2 || table.shape[0] !== 0 || table.shape[1] !== width)
    return { tensors: given, emptyTable: new Map() };
  const tensors = new Map([...given].filter(([name]) => name !== SOFT_TOKENS));
  return { tensors, emptyTable: new Map([[SOFT_TOKENS, table]]) };
}

function writeGenerations(engine: TrainingEngine, probe: GenerateProbe, outFolder: string): void {
  const generations = engine.generate(probe.items, probe.max_new_tokens, probe.eos_token_id);
  writeJson(outFolder, { generated: generations.map(({ tokens }) => tokens) });
}

function writeTraining(engine: TrainingEngine, probe: TrainProbe, emptyTable: NamedTensors, outFolder: string): void {
  const batches = batchesOf(probe);
  const [first] = batches;
  if (!first) throw new LatentSweepError('NO_TARGETS', 'the probe has no batch');
  const inspection = engine.inspect(first);
  const { lr } = probe.optimizer;
  const steps = batches.map((batch) =>
    engine.trainStep(batch, { base: lr, coprocessor: lr, soft: lr, step_decoder: lr }, null),
  );
  writeTensors(engine, inspection, emptyTable, outFolder);
  writeJson(outFolder, {
    losses: steps.map(({ lossNats, terms }) =>
      (probe.objectives ?? []).reduce((sum, { kind, weight }) => sum + weight * (terms.get(kind) ?? 0), lossNats),
    ),
    grad_norms: steps.map((step) => step.gradNorm),
    targets: steps.map((step) => step.targets),
    trained: [...engine.trainedNames, ...emptyTable.keys()],
    ...(probe.objectives === undefined
      ? {}
      : {
          terms: Object.fromEntries(
            probe.objectives.map(({ kind }) => [kind, steps.map(({ terms }) => terms.get(kind) ?? 0)]),
          ),
        }),
  });
}

function writeTensors(
  engine: TrainingEngine,
  { logits, targets, gradients }: Inspection,
  emptyTable: NamedTensors,
  outFolder: string,
): void {
  const tensors = new Map<string, HostTensor>([
    ['logits', { shape: [targets, logits.length / targets], data: logits }],
  ]);
  const weights = engine.weights();
  for (const name of engine.trainedNames) {
    const [gradient, after] = [gradients.get(name), weights.get(name)];
    if (gradient) tensors.set(`grad.${name}`, gradient);
    if (after) tensors.set(`after.${name}`, after);
  }
  for (const [name, table] of emptyTable) tensors.set(`grad.${name}`, table).set(`after.${name}`, table);
  const fd = openSync(join(outFolder, 'tensors.safetensors'), 'wx');
  try {
    writeSafetensors(fd, tensors);
  } finally {
    closeSync(fd);
  }
}

function batchesOf(probe: TrainProbe): readonly Batch[] {
  if (probe.objective === 'curriculum')
    return probe.batches.map(({ items }) => ({
      kind: 'curriculum',
      items: items.map(({ steps, ...item }) => (steps === undefined ? item : { ...item, steps })),
    }));
  const { ahead } = probe;
  return probe.batches.map(({ tokens, sites }) => ({ kind: 'corpus', tokens, sites: sites ?? null, ahead }));
}

/** @throws LatentSweepError CONFIG_INVALID for a shape the engine has not, and for a head of its own, which the format does not know */
function modelOf(probe: Probe): ModelConfig {
  const model = parseModelConfig(probe.model);
  if (model.ownHead !== true) return model;
  throw new LatentSweepError('CONFIG_INVALID', 'model.tie_word_embeddings: false; the head of a probe is tied', {
    key: 'model.tie_word_embeddings',
  });
}

function engineConfig(probe: Probe): EngineConfig {
  const training = probe.mode === 'train' ? probe : null;
  return {
    model: modelOf(probe),
    system: probe.system,
    channel: probe.channel === null ? null : { ...probe.channel, rank: null },
    latents: probe.latents,
    query: probe.query,
    gradThroughCache: training?.grad_through_cache ?? true,
    prefixLmLossWeight: training?.objective === 'corpus' ? training.prefix_lm_loss_weight : 0,
    optimizer: training
      ? {
          betas: training.optimizer.betas,
          eps: training.optimizer.eps,
          weightDecay: training.optimizer.weight_decay,
          decay: 'all',
          clip: training.optimizer.clip,
        }
      : NO_OPTIMIZER,
    ...(training?.objectives === undefined ? {} : { objectives: training.objectives }),
    ...(training?.latents_per_step === undefined ? {} : { latentsPerStep: training.latents_per_step }),
    device: 'cpu',
    threads: 1,
  };
}

function checkEmpty(folder: string): void {
  let entries: readonly string[];
  try {
    entries = readdirSync(folder);
  } catch (cause) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `OUT: ${folder} is not a folder; make an empty one`,
      { key: 'OUT' },
      cause,
    );
  }
  if (entries.length > 0) {
    throw new LatentSweepError('CONFIG_INVALID', `OUT: ${folder} is not empty (it holds ${entries[0]})`, {
      key: 'OUT',
    });
  }
}

function writeJson(folder: string, result: unknown): void {
  writeFileSync(join(folder, 'result.json'), `${JSON.stringify(result)}\n`, { flag: 'wx' });
}
