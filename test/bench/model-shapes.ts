// Shapes that more than one benchmark measures.

import { type ModelConfig, parseModelConfig } from '../../services/trainer/models/index.ts';

export const gpt2 = (
  n_layer: number,
  n_embd: number,
  n_head: number,
  vocab_size: number,
  n_positions: number,
): ModelConfig => parseModelConfig({ model_type: 'gpt2', n_layer, n_embd, n_head, vocab_size, n_positions });

export const qwen5m = parseModelConfig({
  model_type: 'qwen3',
  vocab_size: 4096,
  hidden_size: 256,
  intermediate_size: 768,
  num_hidden_layers: 5,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 64,
  rope_theta: 1_000_000,
  max_position_embeddings: 512,
  tie_word_embeddings: true,
});
