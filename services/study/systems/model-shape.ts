// The numbers of a model that planning needs, with every default of the sweep file filled in. Parameter counts are exact for the
// GPT-2 and Qwen-3 shapes that the trainer builds (services/trainer/models/config.ts lists the same tensors by name).

import { z } from 'zod';
import type { ModelSettings } from '../settings/index.ts';

const size = z.number().int().min(1);

export const modelShapeSchema = z.strictObject({
  family: z.enum(['gpt2', 'qwen3']),
  layers: size,
  width: size,
  heads: size,
  kvHeads: size,
  headWidth: size,
  inner: size,
  context: size,
  /** Absent where the token embedding is also the head, so that identities of such models stay. */
  ownHead: z.literal(true).optional(),
});
export type ModelShape = z.infer<typeof modelShapeSchema>;

/** Feed-forward width over model width when the file leaves it out. */
const INNER_OVER_WIDTH = { gpt2: 4, qwen3: 3 } as const;

/** @returns null when the model is given by weights: its shape is in its folder */
export function shapeOf(model: ModelSettings): ModelShape | null {
  if ('weights' in model) return null;
  const { family, layers, width, heads, kvHeads, headWidth, inner, context } = model;
  return {
    family,
    layers,
    width,
    heads,
    kvHeads: kvHeads ?? heads,
    headWidth: headWidth ?? Math.floor(width / heads),
    inner: inner ?? INNER_OVER_WIDTH[family] * width,
    context,
  };
}

/** One layer's parameters, by what planning treats apart. */
export interface LayerParameters {
  /** What makes the layer's cache entries, with the norm before it. GPT-2's fused q/k/v projection counts whole. */
  readonly cache: number;
  readonly all: number;
}

export function layerParameters(shape: ModelShape): LayerParameters {
  const { width, heads, kvHeads, headWidth, inner } = shape;
  if (shape.family === 'gpt2') {
    const cache = 2 * width + 3 * width * width + 3 * width;
    const feedForward = 2 * width * inner + inner + width;
    return { cache, all: cache + width * width + width + 2 * width + feedForward };
  }
  const cache = width + 2 * kvHeads * headWidth * width + headWidth;
  const queries = heads * headWidth * width + headWidth;
  return { cache, all: cache + queries + width * heads * headWidth + width + 3 * width * inner };
}

/** All but token embedding and head: positions (GPT-2), layers and the last norm. What a Coprocessor consists of. */
export function bodyParameters(shape: ModelShape): number {
  const { width, layers, context } = shape;
  const layer = layerParameters(shape).all;
  return shape.family === 'gpt2' ? context * width + layers * layer + 2 * width : layers * layer + width;
}

/** With the token embedding, and the head where it is another tensor. */
export function modelParameters(shape: ModelShape, vocabulary: number): number {
  const tables = shape.ownHead === true ? 2 : 1;
  return tables * vocabulary * shape.width + bodyParameters(shape);
}
