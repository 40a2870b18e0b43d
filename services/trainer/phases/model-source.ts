// From the model settings of a phase to a shape and, where weights are given, their tensors. A shape is completed with the family's own
// defaults; weights are read from a Hugging Face folder (`config.json`, `model.safetensors`).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { ModelSettings } from '../../../workflows/domain/settings.ts';
import type { NamedTensors } from '../engine/types.ts';
import { type ModelConfig, parseModelConfig } from '../models/index.ts';
import { readSafetensors } from '../safetensors/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';

export interface ModelSource {
  readonly config: ModelConfig;
  /** `base.*` tensors; null = trained from scratch. Reads the file anew at each call. */
  readonly weights: (() => NamedTensors) | null;
}

/** Published shapes (study.md section 11), for sweep files that train them from scratch. */
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

/** @throws LatentSweepError CONFIG_INVALID, DATA_MISSING or TOKEN_OUT_OF_RANGE naming the key or the file */
export function modelSource(settings: ModelSettings, tokenizer: Tokenizer): ModelSource {
  if ('weights' in settings) return pretrained(settings.weights, tokenizer);
  const { family, layers, width, heads, context } = settings;
  const config: Record<string, unknown> =
    family === 'gpt2'
      ? {
          model_type: 'gpt2',
          vocab_size: tokenizer.vocabularySize,
          n_positions: context,
          n_embd: width,
          n_layer: layers,
          n_head: heads,
          n_inner: settings.inner,
        }
      : {
          model_type: 'qwen3',
          vocab_size: tokenizer.vocabularySize,
          hidden_size: width,
          intermediate_size: settings.inner ?? 3 * width,
          num_hidden_layers: layers,
          num_attention_heads: heads,
          num_key_value_heads: settings.kvHeads ?? heads,
          head_dim: settings.headWidth ?? width / heads,
          max_position_embeddings: context,
          rope_theta: 1e6,
        };
  return { config: parseModelConfig(config), weights: null };
}

function pretrained(folder: string, tokenizer: Tokenizer): ModelSource {
  if (folder.startsWith('hf:')) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `model.weights: ${folder} is a hub name; give the folder it was downloaded to`,
      {
        key: 'model.weights',
      },
    );
  }
  const configPath = join(folder, 'config.json');
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(configPath, 'utf8'));
  } catch (cause) {
    throw new LatentSweepError('DATA_MISSING', `model.weights: cannot read ${configPath}`, { path: configPath }, cause);
  }
  const config = parseModelConfig(json);
  if (tokenizer.vocabularySize > config.vocabSize) {
    throw new LatentSweepError(
      'TOKEN_OUT_OF_RANGE',
      `tokenizer: ${tokenizer.name} has ${tokenizer.vocabularySize} ids, the model of ${folder} knows ${config.vocabSize}`,
      { key: 'tokenizer', ids: tokenizer.vocabularySize, vocabulary: config.vocabSize },
    );
  }
  const file = join(folder, 'model.safetensors');
  return { config, weights: () => baseTensors(readSafetensors(file).tensors, config) };
}

/** Tensors that older GPT-2 files hold beside the parameters: causal masks, and the tied head. */
const NOT_PARAMETERS = /(?:\.attn\.(?:masked_)?bias|^lm_head\.weight)$/;

/** Names as `base.<name>`; GPT-2 files of the hub leave out the `transformer.` in front. */
function baseTensors(tensors: NamedTensors, config: ModelConfig): NamedTensors {
  const root = config.kind === 'gpt2' ? 'transformer.' : 'model.';
  return new Map(
    [...tensors]
      .filter(([name]) => !NOT_PARAMETERS.test(name))
      .map(([name, tensor]) => [`base.${name.startsWith(root) ? '' : root}${name}`, tensor]),
  );
}
