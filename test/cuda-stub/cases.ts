// Every system in both model families, at a size where one copy of a parameter would stand out among the activations.

import { type Channel, SYSTEM_NAMES, type SystemName } from '../../services/study/settings/system-names.ts';
import { systemTraits } from '../../services/study/systems/system-traits.ts';
import type { EngineConfig } from '../../services/trainer/engine/index.ts';
import type { Batch } from '../../services/trainer/systems/index.ts';
import { GPT2, QWEN3, smallConfig } from '../unit/trainer-small-engine.ts';

const VOCABULARY = 512;
const SIZE = { vocabSize: VOCABULARY, contextLength: 64, width: 64, innerWidth: 128 };
const MODELS = [
  { ...GPT2, ...SIZE },
  { ...QWEN3, ...SIZE },
];

interface Case {
  readonly name: string;
  readonly config: EngineConfig;
}

const CHANNELS: readonly (readonly [SystemName, string, Channel])[] = [
  ['h2', 'rank 4', { kind: 'embedding', rank: 4 }],
  ['h1', 'top layer, rank 4', { kind: 'kv', layers: 'top:1', rank: 4 }],
  ['h1_h2', 'bottom layer', { kind: 'kv', layers: 'bottom:1', rank: null }],
];

export const CASES: readonly Case[] = MODELS.flatMap((model) => {
  const base = { model, device: 'cuda' } as const;
  const systems = SYSTEM_NAMES;
  return [
    ...systems.map((system) => ({ name: `${model.kind} ${system}`, config: smallConfig(system, base) })),
    ...CHANNELS.map(([system, words, channel]) => ({
      name: `${model.kind} ${system}, ${words}`,
      config: smallConfig(system, { ...base, channel }),
    })),
    ...(['h2', 'h1'] as const).map((system) => ({
      name: `${model.kind} ${system}, bf16, recomputed`,
      config: smallConfig(system, { ...base, precision: 'bf16', recompute: true }),
    })),
    ...(['h2', 'coconut'] as const).map((system) => ({
      name: `${model.kind} ${system}, query repeat, cache without gradient`,
      config: smallConfig(system, { ...base, query: 'repeat', gradThroughCache: false }),
    })),
  ];
});

const tokens = (count: number, from: number): number[] =>
  Array.from({ length: count }, (_, i) => (from * 31 + i * 7) % VOCABULARY);

/** Four items of unlike length and latents. */
export function curriculumBatch({ latents }: EngineConfig): Batch {
  const items = [0, 1, 2, 3].map((b) => ({
    question: tokens(3 + b, b),
    latents: Math.min(latents, b),
    target: tokens(1 + (b % 3), b + 9),
  }));
  return { kind: 'curriculum', items };
}

/** null: the system has no corpus objective. */
export function corpusBatch({ system }: EngineConfig): Batch | null {
  if (system === 'coconut') return null;
  const sites = systemTraits(system).plain
    ? null
    : [
        [2, 5],
        [3, 8],
      ];
  return { kind: 'corpus', tokens: [tokens(12, 1), tokens(12, 2)], sites, ahead: 2 };
}
