// The JSON files of an exported model folder.

import { type ModelConfig, toHuggingFaceConfig } from '../../models/index.ts';
import type { ExportTokenizer } from './export-tokenizer.ts';

export type ExportPart = 'base' | 'coprocessor';

/** Training here has no dropout; `transformers` would put its own in when it goes on training. */
const NO_DROPOUT = {
  gpt2: { resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0, summary_first_dropout: 0 },
  qwen3: { attention_dropout: 0 },
} as const;

export function configJson(config: ModelConfig, part: ExportPart, tokenizer: ExportTokenizer | null): object {
  const end = tokenizer?.eosTokenId ?? null;
  return {
    ...toHuggingFaceConfig(config),
    ...NO_DROPOUT[config.kind],
    bos_token_id: end,
    eos_token_id: end,
    dtype: 'float32',
    torch_dtype: 'float32',
    use_cache: true,
    latent_sweep: {
      part,
      token_embedding: part === 'base' ? 'own' : 'copied from the Base',
      tokenizer: tokenizer?.name ?? null,
    },
  };
}

/** Greedy, as all evaluation here. */
export function generationConfigJson(tokenizer: ExportTokenizer | null): object {
  const end = tokenizer?.eosTokenId ?? null;
  return { do_sample: false, bos_token_id: end, eos_token_id: end, pad_token_id: end };
}
