// The tensors of a GPT-2 or Qwen-3 model by Hugging Face's names, in the order in which the trainer makes and stores them: plans count them,
// the trainer builds them. The order is part of checkpoints and of the draws of first weights; it must never change.

import type { ModelShape } from './model-shape.ts';

/** What planning and training treat apart; `cache`: what makes a layer's cache entries, with the norm before it. */
export type ModelTensorRole = 'tokens' | 'positions' | 'cache' | 'rest_of_layer' | 'last_norm' | 'head';

/** One tensor, or the tensor of that name in every layer. */
export interface ModelTensor {
  /** Within its layer where it is one of a layer's. */
  readonly name: string;
  /** Elements per axis. */
  readonly shape: readonly number[];
  /** Elements in all. */
  readonly elements: number;
  readonly role: ModelTensorRole;
}

/** Of one number: everything is trained and stored in fp32. */
export const FLOAT_BYTES = 4;

/** Hugging Face's name of a head that is not the token embedding. */
export const OWN_HEAD = 'lm_head.weight';

/** Hugging Face's name of the token embedding [V, D] of each family. */
export const TOKEN_EMBEDDING = { gpt2: 'transformer.wte.weight', qwen3: 'model.embed_tokens.weight' } as const;

/** Names of a layer's tensors begin with this and the number of the layer, from 0. */
const LAYER_PREFIX = { gpt2: 'transformer.h', qwen3: 'model.layers' } as const;

/**
 * Every tensor of a model in its order; a head of its own comes last (docs/design/probe.md section 3).
 * @param vocabulary rows of the token embedding
 * @param visit gets the layer, counted from 0, or null outside of the layers
 */
export function eachModelTensor(
  model: ModelShape,
  vocabulary: number,
  visit: (tensor: ModelTensor, layer: number | null) => void,
): void {
  const { family, width, layers, context } = model;
  const isGpt2 = family === 'gpt2';
  visit(tensor(TOKEN_EMBEDDING[family], 'tokens', vocabulary, width), null);
  if (isGpt2) visit(tensor('transformer.wpe.weight', 'positions', context, width), null);
  const ofLayer = layerTensors(model);
  for (let layer = 0; layer < layers; layer++) for (const one of ofLayer) visit(one, layer);
  const lastNorm = isGpt2 ? ['transformer.ln_f.weight', 'transformer.ln_f.bias'] : ['model.norm.weight'];
  for (const name of lastNorm) visit(tensor(name, 'last_norm', width), null);
  if (model.ownHead === true) visit(tensor(OWN_HEAD, 'head', vocabulary, width), null);
}

/** The name of a tensor in a checkpoint of its family. */
export function fullName(family: ModelShape['family'], { name }: ModelTensor, layer: number | null): string {
  return layer === null ? name : `${LAYER_PREFIX[family]}.${layer}.${name}`;
}

/** What a Coprocessor consists of: no token embedding and no head, as its inputs are soft tokens and its outputs hidden states. */
export const isBody = ({ role }: ModelTensor): boolean => role !== 'tokens' && role !== 'head';

/** Whether rows are looked up by token or position, rather than multiplied. */
export const isTable = ({ role }: ModelTensor): boolean => role === 'tokens' || role === 'positions';

/** Shapes by full names, in order. */
export function modelTensors(model: ModelShape, vocabulary: number): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  eachModelTensor(model, vocabulary, (one, layer) => {
    shapes.set(fullName(model.family, one, layer), one.shape);
  });
  return shapes;
}

/** Numbers of one layer. */
export function layerParameters(model: ModelShape): number {
  return layerTensors(model).reduce((sum, { elements }) => sum + elements, 0);
}

/** Numbers of the whole model: with the token embedding, and the head where it is another tensor. */
export function modelParameters(model: ModelShape, vocabulary: number): number {
  let sum = 0;
  eachModelTensor(model, vocabulary, ({ elements }) => {
    sum += elements;
  });
  return sum;
}

function tensor(name: string, role: ModelTensorRole, ...shape: readonly number[]): ModelTensor {
  return { name, role, shape, elements: shape.reduce((product, size) => product * size, 1) };
}

/** Tensors of a layer by their names within it. */
function layerTensors({ family, width, heads, kvHeads, headWidth, inner }: ModelShape): readonly ModelTensor[] {
  if (family === 'gpt2') {
    return [
      tensor('ln_1.weight', 'cache', width),
      tensor('ln_1.bias', 'cache', width),
      tensor('attn.c_attn.weight', 'cache', width, 3 * width),
      tensor('attn.c_attn.bias', 'cache', 3 * width),
      tensor('attn.c_proj.weight', 'rest_of_layer', width, width),
      tensor('attn.c_proj.bias', 'rest_of_layer', width),
      tensor('ln_2.weight', 'rest_of_layer', width),
      tensor('ln_2.bias', 'rest_of_layer', width),
      tensor('mlp.c_fc.weight', 'rest_of_layer', width, inner),
      tensor('mlp.c_fc.bias', 'rest_of_layer', inner),
      tensor('mlp.c_proj.weight', 'rest_of_layer', inner, width),
      tensor('mlp.c_proj.bias', 'rest_of_layer', width),
    ];
  }
  const queryWidth = heads * headWidth;
  const cacheWidth = kvHeads * headWidth;
  return [
    tensor('input_layernorm.weight', 'cache', width),
    tensor('self_attn.q_proj.weight', 'rest_of_layer', queryWidth, width),
    tensor('self_attn.k_proj.weight', 'cache', cacheWidth, width),
    tensor('self_attn.v_proj.weight', 'cache', cacheWidth, width),
    tensor('self_attn.o_proj.weight', 'rest_of_layer', width, queryWidth),
    tensor('self_attn.q_norm.weight', 'rest_of_layer', headWidth),
    tensor('self_attn.k_norm.weight', 'cache', headWidth),
    tensor('post_attention_layernorm.weight', 'rest_of_layer', width),
    tensor('mlp.gate_proj.weight', 'rest_of_layer', inner, width),
    tensor('mlp.up_proj.weight', 'rest_of_layer', inner, width),
    tensor('mlp.down_proj.weight', 'rest_of_layer', width, inner),
  ];
}
