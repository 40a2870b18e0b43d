// The shape of a model in a Hugging Face folder, for plans. What the trainer refuses in such a config is its own to say.

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ModelShape } from '../../workflows/domain/model-shape.ts';

const size = z.number().int().min(1);

const configSchema = z.discriminatedUnion('model_type', [
  z.object({
    model_type: z.literal('gpt2'),
    n_positions: size,
    n_embd: size,
    n_layer: size,
    n_head: size,
    n_inner: size.nullable().default(null),
    tie_word_embeddings: z.boolean().nullish(),
  }),
  z.object({
    model_type: z.literal('qwen3'),
    hidden_size: size,
    intermediate_size: size,
    num_hidden_layers: size,
    num_attention_heads: size,
    num_key_value_heads: size,
    head_dim: size.default(128),
    max_position_embeddings: size.default(32_768),
    tie_word_embeddings: z.boolean().nullish(),
  }),
]);

/** @returns null when the file is not the config of a known family */
export function readModelShape(path: string): ModelShape | null {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // the caller refuses the folder by name
  }
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) return null;
  const config = parsed.data;
  // left out, it means what it means in transformers
  const isTied = config.tie_word_embeddings ?? config.model_type === 'gpt2';
  const head = isTied ? {} : { ownHead: true as const };
  if (config.model_type === 'gpt2') {
    const { n_embd: width, n_head: heads } = config;
    return {
      family: 'gpt2',
      layers: config.n_layer,
      width,
      heads,
      kvHeads: heads,
      headWidth: Math.floor(width / heads),
      inner: config.n_inner ?? 4 * width,
      context: config.n_positions,
      ...head,
    };
  }
  return {
    family: 'qwen3',
    layers: config.num_hidden_layers,
    width: config.hidden_size,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads,
    headWidth: config.head_dim,
    inner: config.intermediate_size,
    context: config.max_position_embeddings,
    ...head,
  };
}
