// Published shapes (study.md section 11), for sweep files that train them from scratch.

import type { ModelSettings } from '../../study/settings/index.ts';

export const MODEL_PRESETS = {
  gpt2: {
    family: 'gpt2',
    layers: 12,
    width: 768,
    heads: 12,
    kvHeads: null,
    headWidth: null,
    inner: null,
    context: 1_024,
  },
  'qwen3-0.6b': {
    family: 'qwen3',
    layers: 28,
    width: 1_024,
    heads: 16,
    kvHeads: 8,
    headWidth: 128,
    inner: 3_072,
    context: 32_768,
  },
} as const satisfies Record<string, ModelSettings>;
