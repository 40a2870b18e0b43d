// Reads and writes Hugging Face `config.json` objects of GPT-2 and Qwen-3, with the defaults of `transformers` 4 and 5. It must never take a
// value that would change the computation into one that is not computed here, nor one of two keys that contradict each other.

import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { ModelConfig } from './config.ts';

const allowed = (words: string) => ({ error: words });
const size = z.number(allowed('a whole number >= 1')).int('a whole number >= 1').min(1, 'a whole number >= 1');
const positive = z.number(allowed('a number > 0')).positive('a number > 0');
const only = <T extends string | number | boolean | null>(values: readonly [T, ...T[]]) =>
  z.literal(values, allowed(`${values.map(String).join(', ')}, or left out`));
/** A list or map with anything in it stands for something that is not done here. */
const empty = (value: unknown): boolean => value === null || JSON.stringify(value) === '{}';
const none = z
  .unknown()
  .refine((value) => value === undefined || empty(value), 'null, or left out')
  .optional();

/** How the weights are stored; they are trained in fp32 whatever it says. */
const storedAs = z
  .literal(['float32', 'float16', 'bfloat16', 'auto'], allowed('float32, float16, bfloat16, or left out'))
  .nullish();

/** Keys of both families. */
const shared = {
  torch_dtype: storedAs,
  dtype: storedAs,
  quantization_config: none,
  is_causal: only([true]).default(true),
  use_bidirectional_attention: only([false, null]).default(null),
  is_encoder_decoder: only([false]).default(false),
  add_cross_attention: only([false]).default(false),
  pruned_heads: none,
};

const gpt2Schema = z.object({
  ...shared,
  vocab_size: size.default(50_257),
  n_positions: size.default(1_024),
  n_embd: size.default(768),
  n_layer: size.default(12),
  n_head: size.default(12),
  n_inner: size.nullable().default(null),
  layer_norm_epsilon: positive.default(1e-5),
  // both are the tanh approximation of GELU
  activation_function: only(['gelu_new', 'gelu_pytorch_tanh']).default('gelu_new'),
  scale_attn_weights: only([true]).default(true),
  scale_attn_by_inverse_layer_idx: only([false]).default(false),
  reorder_and_upcast_attn: only([false]).default(false),
  tie_word_embeddings: z.boolean(allowed('true, false, or left out (true)')).nullish(),
});

/** Rotations other than the plain one are told by `rope_type` (`type` in older files) and its parameters. */
const ropeSchema = z
  .strictObject({
    rope_theta: positive.optional(),
    rope_type: only(['default']).default('default'),
    type: only(['default']).default('default'),
    partial_rotary_factor: only([1]).default(1),
  })
  .nullish();

const qwen3Schema = z.object({
  ...shared,
  vocab_size: size.default(151_936),
  hidden_size: size.default(4_096),
  intermediate_size: size.default(22_016),
  num_hidden_layers: size.default(32),
  num_attention_heads: size.default(32),
  /** null is as many as heads; left out is 32. */
  num_key_value_heads: size.nullable().default(32),
  head_dim: size.multipleOf(2, 'an even whole number >= 2').default(128),
  max_position_embeddings: size.default(32_768),
  rms_norm_eps: positive.default(1e-6),
  rope_theta: positive.optional(),
  rope_parameters: ropeSchema,
  rope_scaling: ropeSchema,
  partial_rotary_factor: only([1, null]).default(1),
  // two names of one function
  hidden_act: only(['silu', 'swish']).default('silu'),
  attention_bias: only([false]).default(false),
  // without it sliding_window and max_window_layers have no effect
  use_sliding_window: only([false, null]).default(false),
  layer_types: z.array(only(['full_attention']), allowed('a list of full_attention for each layer')).nullish(),
  tie_word_embeddings: z.boolean(allowed('true, false, or left out (false)')).nullish(),
});

/** `transformers` lets a family's own keys be given by the common names. */
const GPT2_ALIASES = {
  hidden_size: 'n_embd',
  max_position_embeddings: 'n_positions',
  num_attention_heads: 'n_head',
  num_hidden_layers: 'n_layer',
} as const;

type Json = Readonly<Record<string, unknown>>;

/**
 * Keys without effect here (dropout, `architectures`, ...) are accepted; a value that would change the computation into one this project
 * does not have is refused, and so are two keys that contradict each other. What is left out means what it means in `transformers`.
 * @throws LatentSweepError CONFIG_INVALID with key, value and what is allowed
 */
export function parseModelConfig(huggingFaceJson: unknown): ModelConfig {
  const json = z.record(z.string(), z.unknown()).safeParse(huggingFaceJson);
  if (!json.success) throw refused('config', `${shown(huggingFaceJson)} is no map of keys`);
  switch (json.data['model_type']) {
    case 'gpt2':
      return parseGpt2(json.data);
    case 'qwen3':
      return parseQwen3(json.data);
    default:
      throw notAllowed('model_type', json.data['model_type'], 'gpt2, qwen3');
  }
}

function parseGpt2(given: Json): ModelConfig {
  const json = parsed(gpt2Schema, withoutAliases(given));
  if (json.n_embd % json.n_head !== 0)
    throw refused('n_embd', `${json.n_embd} is not a multiple of n_head ${json.n_head}`);
  return {
    kind: 'gpt2',
    vocabSize: json.vocab_size,
    contextLength: json.n_positions,
    width: json.n_embd,
    layers: json.n_layer,
    heads: json.n_head,
    innerWidth: json.n_inner ?? 4 * json.n_embd,
    normEpsilon: json.layer_norm_epsilon,
    ...((json.tie_word_embeddings ?? true) ? {} : { ownHead: true }),
  };
}

function withoutAliases(given: Json): Json {
  const own: Record<string, unknown> = { ...given };
  for (const [alias, key] of Object.entries(GPT2_ALIASES)) {
    if (given[alias] === undefined) continue;
    if (given[key] !== undefined && given[key] !== given[alias]) throw contradiction(given, key, alias);
    own[key] = given[alias];
  }
  return own;
}

function parseQwen3(given: Json): ModelConfig {
  const json = parsed(qwen3Schema, given);
  const { num_attention_heads: heads, num_hidden_layers: layers } = json;
  const keyValueHeads = json.num_key_value_heads ?? heads;
  if (heads % keyValueHeads !== 0)
    throw refused('num_attention_heads', `${heads} is not a multiple of num_key_value_heads ${keyValueHeads}`);
  if (json.layer_types && json.layer_types.length !== layers)
    throw refused('layer_types', `names ${json.layer_types.length} layers, num_hidden_layers is ${layers}`);
  return {
    kind: 'qwen3',
    vocabSize: json.vocab_size,
    contextLength: json.max_position_embeddings,
    width: json.hidden_size,
    layers,
    heads,
    keyValueHeads,
    headWidth: json.head_dim,
    innerWidth: json.intermediate_size,
    normEpsilon: json.rms_norm_eps,
    ropeTheta: ropeTheta(json),
    ...((json.tie_word_embeddings ?? false) ? {} : { ownHead: true }),
  };
}

/** `transformers` 4 reads the first, 5 the others: they must agree. */
function ropeTheta(json: z.infer<typeof qwen3Schema>): number {
  const given = [
    ['rope_theta', json.rope_theta],
    ['rope_parameters.rope_theta', json.rope_parameters?.rope_theta],
    ['rope_scaling.rope_theta', json.rope_scaling?.rope_theta],
  ] as const;
  const [first, ...others] = given.filter(([, value]) => value !== undefined);
  const other = others.find(([, value]) => value !== first?.[1]);
  if (first !== undefined && other !== undefined) {
    throw refused(
      other[0],
      `${other[1]} contradicts ${first[0]} ${first[1]}; keep the one that the model was trained with`,
    );
  }
  return first?.[1] ?? 10_000;
}

function parsed<T>(schema: z.ZodType<T>, given: Json): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const path = [...issue.path, issue.keys[0] ?? ''];
    throw notAllowed(path.join('.'), valueAt(given, path), 'left out, as for the plain rotation');
  }
  const path = issue?.path ?? [];
  throw notAllowed(path.join('.'), valueAt(given, path), issue?.message ?? 'another value');
}

function valueAt(json: Json, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined,
    json,
  );
}

const LONGEST_SHOWN = 120;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 3)}...` : text;
}

const contradiction = (given: Json, key: string, other: string): LatentSweepError =>
  refused(other, `${shown(given[other])} contradicts ${key} ${shown(given[key])}; keep one`);

const notAllowed = (key: string, value: unknown, words: string): LatentSweepError =>
  refused(key, `${shown(value)} is not allowed; allowed: ${words}`);

const refused = (key: string, fault: string): LatentSweepError =>
  new LatentSweepError('CONFIG_INVALID', `${key} ${fault}`, { key });

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
