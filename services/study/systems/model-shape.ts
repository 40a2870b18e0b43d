// The numbers that say which tensors a model has (model-tensors.ts lists them), with every default of the sweep file filled in.
// It must never know how a model is computed.

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
