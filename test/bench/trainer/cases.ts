// The trainer benchmark's cases: shapes and batches, the same for the engine and for PyTorch. Token values are arbitrary; only sizes matter.

import type { EngineConfig } from '../../../services/trainer/engine/types.ts';
import type { ModelConfig } from '../../../services/trainer/models/config.ts';
import { draws } from '../../../services/trainer/random/draws.ts';
import type { Batch } from '../../../services/trainer/systems/batch.ts';
import { gpt2, qwen5m } from '../model-shapes.ts';

export interface BenchCase {
  readonly name: string;
  readonly model: ModelConfig;
  readonly system: EngineConfig['system'];
  readonly channel: EngineConfig['channel'];
  readonly latents: number;
  readonly batch: Batch;
  /** Tokens that a step is said to process: text tokens of the batch, the same count for both sides. */
  readonly tokens: number;
  /** Optimizer steps of one timed round. */
  readonly steps: number;
}

const row = (source: ReturnType<typeof draws>, length: number, vocab: number): number[] =>
  Array.from({ length }, () => source.below(vocab));

function corpus(model: ModelConfig, rows: number, length: number, sites: number, ahead: number): Batch {
  const source = draws('bench-corpus', rows, length);
  const spaced = (m: number): number => Math.floor(((m + 1) * (length - ahead - 1)) / (sites + 1));
  return {
    kind: 'corpus',
    tokens: Array.from({ length: rows }, () => row(source, length, model.vocabSize)),
    sites: sites === 0 ? null : Array.from({ length: rows }, () => Array.from({ length: sites }, (_, m) => spaced(m))),
    ahead,
  };
}

function curriculum(model: ModelConfig, items: number, question: number, latents: number, target: number): Batch {
  const source = draws('bench-curriculum', items, question);
  return {
    kind: 'curriculum',
    items: Array.from({ length: items }, () => ({
      question: row(source, question, model.vocabSize),
      latents,
      target: row(source, target, model.vocabSize),
    })),
  };
}

const plain = { system: 'continued_pretraining', channel: null, latents: 0 } as const;
const small = gpt2(4, 256, 8, 512, 128);
const large = gpt2(12, 768, 12, 50_257, 1024);
const multiSite = gpt2(4, 128, 4, 512, 256);

export const BENCH_CASES: readonly BenchCase[] = [
  { name: 'gpt2-3m-plain', model: small, ...plain, batch: corpus(small, 8, 128, 0, 1), tokens: 8 * 128, steps: 20 },
  { name: 'gpt2-124m-plain', model: large, ...plain, batch: corpus(large, 2, 64, 0, 1), tokens: 2 * 64, steps: 2 },
  {
    name: 'h2-three-pass',
    model: multiSite,
    system: 'h2',
    channel: { kind: 'embedding', rank: null },
    latents: 4,
    batch: corpus(multiSite, 8, 128, 8, 8),
    tokens: 8 * (128 + 8 * 8),
    steps: 15,
  },
  {
    name: 'h1-three-pass',
    model: multiSite,
    system: 'h1',
    channel: { kind: 'kv', layers: 'all', rank: null },
    latents: 4,
    batch: corpus(multiSite, 8, 128, 8, 8),
    tokens: 8 * (128 + 8 * 8),
    steps: 15,
  },
  {
    name: 'qwen3-5m-curriculum-h2',
    model: qwen5m,
    system: 'h2',
    channel: { kind: 'embedding', rank: null },
    latents: 8,
    batch: curriculum(qwen5m, 16, 64, 8, 32),
    tokens: 16 * (64 + 32),
    steps: 10,
  },
];
