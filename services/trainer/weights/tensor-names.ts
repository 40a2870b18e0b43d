// What a tensor of a Hugging Face file is to a model. Files of the hub name the same parameter with or without the class's prefix, hold
// buffers that are no parameters, and repeat the tied embedding as the head.

import { OWN_HEAD } from '../../study/systems/index.ts';
import type { ModelConfig } from '../models/index.ts';

export type TensorRole =
  | { readonly kind: 'parameter'; readonly name: string }
  /** The token embedding once more. */
  | { readonly kind: 'tiedHead' }
  /** Known and without effect. */
  | { readonly kind: 'buffer' };

const PREFIX = { gpt2: 'transformer.', qwen3: 'model.' } as const;

/** Causal masks of older GPT-2 files, and rotation tables: functions of the config that are computed here. */
const BUFFERS = {
  gpt2: /^transformer\.h\.\d+\.attn\.(?:masked_)?bias$/,
  qwen3: /^model\.(?:layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq$/,
} as const;

/** @param name as the file has it; the answer's name has the prefix (docs/design/probe.md section 3) */
export function tensorRole(config: ModelConfig, name: string): TensorRole {
  if (name === OWN_HEAD) return config.ownHead === true ? { kind: 'parameter', name } : { kind: 'tiedHead' };
  const prefix = PREFIX[config.kind];
  const full = name.startsWith(prefix) ? name : `${prefix}${name}`;
  return BUFFERS[config.kind].test(full) ? { kind: 'buffer' } : { kind: 'parameter', name: full };
}
