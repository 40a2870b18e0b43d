// How items are decoded together; plans of memory take the same shapes.

import type { ModelConfig } from '../models/index.ts';
import { bucket, type GenerationShape } from '../systems/index.ts';

/** Items decoded at once: more share a step's fixed cost, fewer waste less on items that end early. */
const GENERATE_ITEMS = 32;
/** Attention scores of one layer of a prefill, in floats (256 MB): long questions are decoded in smaller groups. */
export const PREFILL_SCORES = 1 << 26;

/** Items of at most `items` that are decoded at once when the longest question has so many tokens. */
export function decodedTogether({ heads }: ModelConfig, longestQuestion: number, items: number): number {
  const fitting = Math.floor(PREFILL_SCORES / (heads * longestQuestion ** 2));
  return Math.max(1, Math.min(items, GENERATE_ITEMS, fitting));
}

export interface Decoding {
  readonly batch: number;
  readonly longestQuestion: number;
  readonly latents: number;
  readonly maxNewTokens: number;
}

export function decodingShape(
  { contextLength }: ModelConfig,
  { batch, longestQuestion, latents, maxNewTokens }: Decoding,
): GenerationShape {
  const prefix = Math.min(bucket(longestQuestion), contextLength);
  return { batch, prefix, latents, generated: Math.min(maxNewTokens, contextLength) };
}
