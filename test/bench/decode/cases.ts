// The decoding benchmark's cases: shapes and prompts, the same for the engine and for transformers. Weights are drawn, tokens arbitrary.

import type { ModelConfig } from '../../../services/trainer/models/config.ts';
import { draws } from '../../../services/trainer/random/draws.ts';
import { gpt2, qwen5m } from '../model-shapes.ts';

export interface DecodeCase {
  readonly name: string;
  readonly model: ModelConfig;
  /** Prompts of one length, so that neither side pads. */
  readonly prompts: readonly (readonly number[])[];
  readonly newTokens: number;
}

function prompts(model: ModelConfig, count: number, length: number): readonly (readonly number[])[] {
  const source = draws('bench-decode', count, length);
  return Array.from({ length: count }, () => Array.from({ length }, () => source.below(model.vocabSize)));
}

const small = gpt2(4, 256, 8, 512, 512);
const large = gpt2(12, 768, 12, 50_257, 1024);

export const DECODE_CASES: readonly DecodeCase[] = [
  { name: 'gpt2-3m-batch-32', model: small, prompts: prompts(small, 32, 256), newTokens: 64 },
  { name: 'gpt2-3m-batch-1', model: small, prompts: prompts(small, 1, 256), newTokens: 128 },
  { name: 'qwen3-5m-batch-32', model: qwen5m, prompts: prompts(qwen5m, 32, 128), newTokens: 64 },
  { name: 'gpt2-124m-batch-8', model: large, prompts: prompts(large, 8, 64), newTokens: 16 },
];
