// Engines small enough for property tests: two layers, width 16, weights large enough that every path matters.

import type { SystemName } from '../../services/study/settings/system-names.ts';
import type { HostTensor, NamedTensors } from '../../services/tensor/runtime/index.ts';
import { type EngineConfig, TrainingEngine } from '../../services/trainer/engine/index.ts';
import type { ModelConfig } from '../../services/trainer/models/index.ts';
import { draws } from '../../services/trainer/random/draws.ts';
import { systemParameters } from '../../services/trainer/systems/index.ts';

export const VOCABULARY = 23;
export const LATENTS = 3;

export const GPT2: ModelConfig = {
  kind: 'gpt2',
  vocabSize: VOCABULARY,
  contextLength: 48,
  width: 16,
  layers: 2,
  heads: 2,
  innerWidth: 32,
  normEpsilon: 1e-5,
};

export const QWEN3: ModelConfig = {
  kind: 'qwen3',
  vocabSize: VOCABULARY,
  contextLength: 48,
  width: 16,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headWidth: 8,
  innerWidth: 24,
  normEpsilon: 1e-6,
  ropeTheta: 10_000,
};

export const PLAIN: readonly SystemName[] = ['continued_pretraining', 'cot', 'no_cot'];
export const WITH_SOFT_TOKENS: readonly SystemName[] = [
  'soft_embeddings',
  'soft_2x',
  'pause',
  'liu',
  'h1',
  'h2',
  'h1_h2',
];
export const WITH_LATENTS: readonly SystemName[] = [...WITH_SOFT_TOKENS, 'coconut'];

export const RATES = { base: 1e-2, coprocessor: 1e-2, soft: 1e-2 } as const;

export function smallConfig(system: SystemName, overrides: Partial<EngineConfig> = {}): EngineConfig {
  return {
    model: GPT2,
    system,
    channel: null,
    latents: WITH_LATENTS.includes(system) ? LATENTS : 0,
    query: PLAIN.includes(system) ? null : 'marker',
    gradThroughCache: true,
    prefixLmLossWeight: 0,
    optimizer: { betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.01, decay: 'all', clip: 1 },
    device: 'cpu',
    threads: 1,
    ...overrides,
  };
}

/** Normal weights of deviation 0.25, norms around 1: far from the near-linear start of training. */
export function wildWeights(config: EngineConfig, seed: number): NamedTensors {
  return new Map(
    systemParameters(config).map(({ name, shape }): [string, HostTensor] => {
      const source = draws(name, seed);
      const centre = /ln_|norm/.test(name) && name.endsWith('weight') ? 1 : 0;
      const data = Float32Array.from(
        { length: shape.reduce((a, b) => a * b, 1) },
        () => centre + 0.25 * source.normal(),
      );
      return [name, { shape, data }];
    }),
  );
}

/** Gives `use` an engine with wild weights and releases it. */
export function withEngine<T>(config: EngineConfig, use: (engine: TrainingEngine) => T, seed = 1): T {
  const engine = new TrainingEngine(config);
  try {
    engine.setWeights(wildWeights(engine.config, seed));
    return use(engine);
  } finally {
    engine.release();
  }
}

export function randomTokens(count: number, ...key: readonly number[]): number[] {
  const source = draws('tokens', ...key);
  return Array.from({ length: count }, () => source.below(VOCABULARY));
}

/** Largest difference over the largest magnitude of `want`. */
export function relativeDifference(have: ArrayLike<number>, want: ArrayLike<number>): number {
  if (have.length !== want.length) return Number.POSITIVE_INFINITY;
  let [off, largest] = [0, 1e-6];
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs((have[i] ?? Number.NaN) - (want[i] ?? 0));
    if (!(difference <= off)) off = difference;
    largest = Math.max(largest, Math.abs(want[i] ?? 0));
  }
  return off / largest;
}
