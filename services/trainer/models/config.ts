// The shapes a Base (and its Coprocessor) can have, read from and written to Hugging Face `config.json` form
// (probe.md section 2). One truth for parameter names and shapes; it must never know how a model is computed.

import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

/** Absent where the token embedding is also the output head. */
interface Head {
  readonly ownHead?: true;
}

export interface Gpt2Config extends Head {
  readonly kind: 'gpt2';
  readonly vocabSize: number;
  /** Learned positions: no row may stand at a position beyond it. */
  readonly contextLength: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly innerWidth: number;
  readonly normEpsilon: number;
}

export interface Qwen3Config extends Head {
  readonly kind: 'qwen3';
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Independent of width / heads. */
  readonly headWidth: number;
  readonly innerWidth: number;
  readonly normEpsilon: number;
  readonly ropeTheta: number;
}

export type ModelConfig = Gpt2Config | Qwen3Config;

/** Hugging Face's name of a head that is not the token embedding. */
export const OWN_HEAD = 'lm_head.weight';

const size = z.number().int().min(1);

const gpt2Schema = z
  .object({
    model_type: z.literal('gpt2'),
    vocab_size: size,
    n_positions: size,
    n_embd: size,
    n_layer: size,
    n_head: size,
    n_inner: size.nullable().default(null),
    layer_norm_epsilon: z.number().positive().default(1e-5),
    activation_function: z.literal('gelu_new').default('gelu_new'),
    scale_attn_weights: z.literal(true).default(true),
    scale_attn_by_inverse_layer_idx: z.literal(false).default(false),
    tie_word_embeddings: z.boolean().default(true),
  })
  .refine((c) => c.n_embd % c.n_head === 0, { message: 'n_embd must be a multiple of n_head', path: ['n_embd'] });

const qwen3Schema = z
  .object({
    model_type: z.literal('qwen3'),
    vocab_size: size,
    hidden_size: size,
    intermediate_size: size,
    num_hidden_layers: size,
    num_attention_heads: size,
    num_key_value_heads: size,
    head_dim: size.multipleOf(2).default(128),
    max_position_embeddings: size.default(32_768),
    rms_norm_eps: z.number().positive().default(1e-6),
    rope_theta: z.number().positive().optional(),
    rope_parameters: z
      .looseObject({ rope_theta: z.number().positive(), rope_type: z.literal('default').default('default') })
      .nullish(),
    rope_scaling: z.null().optional(),
    hidden_act: z.literal('silu').default('silu'),
    attention_bias: z.literal(false).default(false),
    use_sliding_window: z.literal(false).default(false),
    tie_word_embeddings: z.boolean().default(true),
  })
  .refine((c) => c.num_attention_heads % c.num_key_value_heads === 0, {
    message: 'num_attention_heads must be a multiple of num_key_value_heads',
    path: ['num_attention_heads'],
  });

/**
 * Reads a Hugging Face `config.json` object. Keys without effect here (dropout, `architectures`, ...) are accepted;
 * a value that would change the computation into one this project does not have is refused.
 * @throws LatentSweepError CONFIG_INVALID naming the key
 */
export function parseModelConfig(huggingFaceJson: unknown): ModelConfig {
  const parsed = z.discriminatedUnion('model_type', [gpt2Schema, qwen3Schema]).safeParse(huggingFaceJson);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const key = `model.${issue?.path.join('.') ?? ''}`;
    throw new LatentSweepError('CONFIG_INVALID', `${key}: ${issue?.message ?? 'not a model config'}`, { key });
  }
  const json = parsed.data;
  const head: Head = json.tie_word_embeddings ? {} : { ownHead: true };
  if (json.model_type === 'gpt2') {
    return {
      kind: 'gpt2',
      vocabSize: json.vocab_size,
      contextLength: json.n_positions,
      width: json.n_embd,
      layers: json.n_layer,
      heads: json.n_head,
      innerWidth: json.n_inner ?? 4 * json.n_embd,
      normEpsilon: json.layer_norm_epsilon,
      ...head,
    };
  }
  return {
    kind: 'qwen3',
    vocabSize: json.vocab_size,
    contextLength: json.max_position_embeddings,
    width: json.hidden_size,
    layers: json.num_hidden_layers,
    heads: json.num_attention_heads,
    keyValueHeads: json.num_key_value_heads,
    headWidth: json.head_dim,
    innerWidth: json.intermediate_size,
    normEpsilon: json.rms_norm_eps,
    ropeTheta: json.rope_theta ?? json.rope_parameters?.rope_theta ?? 10_000,
    ...head,
  };
}

/** The `config.json` that `transformers` reads for this shape. */
export function toHuggingFaceConfig(config: ModelConfig): Readonly<Record<string, unknown>> {
  if (config.kind === 'gpt2') {
    return {
      model_type: 'gpt2',
      architectures: ['GPT2LMHeadModel'],
      vocab_size: config.vocabSize,
      n_positions: config.contextLength,
      n_embd: config.width,
      n_layer: config.layers,
      n_head: config.heads,
      n_inner: config.innerWidth,
      layer_norm_epsilon: config.normEpsilon,
      activation_function: 'gelu_new',
      tie_word_embeddings: config.ownHead !== true,
    };
  }
  return {
    model_type: 'qwen3',
    architectures: ['Qwen3ForCausalLM'],
    vocab_size: config.vocabSize,
    hidden_size: config.width,
    intermediate_size: config.innerWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headWidth,
    hidden_act: 'silu',
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.ropeTheta,
    attention_bias: false,
    use_sliding_window: false,
    tie_word_embeddings: config.ownHead !== true,
  };
}

/** Query heads, key/value heads and head width: what a cache entry of a layer looks like. */
export function headShape(config: ModelConfig): { heads: number; keyValueHeads: number; headWidth: number } {
  return config.kind === 'gpt2'
    ? { heads: config.heads, keyValueHeads: config.heads, headWidth: config.width / config.heads }
    : { heads: config.heads, keyValueHeads: config.keyValueHeads, headWidth: config.headWidth };
}

export function tokenEmbeddingName(config: ModelConfig): string {
  return config.kind === 'gpt2' ? 'transformer.wte.weight' : 'model.embed_tokens.weight';
}

/** The output head [V, D]: the token embedding, or a tensor of its own. */
export function headName(config: ModelConfig): string {
  return config.ownHead === true ? OWN_HEAD : tokenEmbeddingName(config);
}

/** Hugging Face parameter names and shapes, in a fixed order; a head of its own comes last (probe.md section 3). */
export function parameterShapes(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map(config.kind === 'gpt2' ? gpt2Shapes(config) : qwen3Shapes(config));
  if (config.ownHead === true) shapes.set(OWN_HEAD, [config.vocabSize, config.width]);
  return shapes;
}

/** Without embedding and head: what a Coprocessor consists of, whose inputs are soft tokens and whose output are hidden states. */
export function bodyShapes(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  const outside = [tokenEmbeddingName(config), OWN_HEAD];
  return new Map([...parameterShapes(config)].filter(([name]) => !outside.includes(name)));
}

function* gpt2Shapes(c: Gpt2Config): Generator<[string, number[]]> {
  yield ['transformer.wte.weight', [c.vocabSize, c.width]];
  yield ['transformer.wpe.weight', [c.contextLength, c.width]];
  for (let layer = 0; layer < c.layers; layer++) {
    const h = `transformer.h.${layer}`;
    yield [`${h}.ln_1.weight`, [c.width]];
    yield [`${h}.ln_1.bias`, [c.width]];
    yield [`${h}.attn.c_attn.weight`, [c.width, 3 * c.width]];
    yield [`${h}.attn.c_attn.bias`, [3 * c.width]];
    yield [`${h}.attn.c_proj.weight`, [c.width, c.width]];
    yield [`${h}.attn.c_proj.bias`, [c.width]];
    yield [`${h}.ln_2.weight`, [c.width]];
    yield [`${h}.ln_2.bias`, [c.width]];
    yield [`${h}.mlp.c_fc.weight`, [c.width, c.innerWidth]];
    yield [`${h}.mlp.c_fc.bias`, [c.innerWidth]];
    yield [`${h}.mlp.c_proj.weight`, [c.innerWidth, c.width]];
    yield [`${h}.mlp.c_proj.bias`, [c.width]];
  }
  yield ['transformer.ln_f.weight', [c.width]];
  yield ['transformer.ln_f.bias', [c.width]];
}

function* qwen3Shapes(c: Qwen3Config): Generator<[string, number[]]> {
  const queryWidth = c.heads * c.headWidth;
  const cacheWidth = c.keyValueHeads * c.headWidth;
  yield ['model.embed_tokens.weight', [c.vocabSize, c.width]];
  for (let layer = 0; layer < c.layers; layer++) {
    const h = `model.layers.${layer}`;
    yield [`${h}.input_layernorm.weight`, [c.width]];
    yield [`${h}.self_attn.q_proj.weight`, [queryWidth, c.width]];
    yield [`${h}.self_attn.k_proj.weight`, [cacheWidth, c.width]];
    yield [`${h}.self_attn.v_proj.weight`, [cacheWidth, c.width]];
    yield [`${h}.self_attn.o_proj.weight`, [c.width, queryWidth]];
    yield [`${h}.self_attn.q_norm.weight`, [c.headWidth]];
    yield [`${h}.self_attn.k_norm.weight`, [c.headWidth]];
    yield [`${h}.post_attention_layernorm.weight`, [c.width]];
    yield [`${h}.mlp.gate_proj.weight`, [c.innerWidth, c.width]];
    yield [`${h}.mlp.up_proj.weight`, [c.innerWidth, c.width]];
    yield [`${h}.mlp.down_proj.weight`, [c.width, c.innerWidth]];
  }
  yield ['model.norm.weight', [c.width]];
}
