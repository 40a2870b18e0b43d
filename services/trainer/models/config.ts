// What the trainer computes a Base (and its Coprocessor) from: the shape, whose tensors services/study/systems lists, and the constants of
// its norms and positions. It must never know how a model is computed, nor how a file says what it is (hugging-face-config.ts).

import { type ModelShape, modelTensors, OWN_HEAD, TOKEN_EMBEDDING } from '../../study/systems/index.ts';

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

/** Query heads, key/value heads and head width: what a cache entry of a layer looks like. */
export function headShape(config: ModelConfig): { heads: number; keyValueHeads: number; headWidth: number } {
  return config.kind === 'gpt2'
    ? { heads: config.heads, keyValueHeads: config.heads, headWidth: config.width / config.heads }
    : { heads: config.heads, keyValueHeads: config.keyValueHeads, headWidth: config.headWidth };
}

export function tokenEmbeddingName(config: ModelConfig): string {
  return TOKEN_EMBEDDING[config.kind];
}

/** The output head [V, D]: the token embedding, or a tensor of its own. */
export function headName(config: ModelConfig): string {
  return config.ownHead === true ? OWN_HEAD : tokenEmbeddingName(config);
}

/** The shape that plans and studies know a model by. */
export function shapeOfModel(config: ModelConfig): ModelShape {
  const { kind: family, layers, width, innerWidth: inner, contextLength: context } = config;
  const { heads, keyValueHeads: kvHeads, headWidth } = headShape(config);
  const head = config.ownHead === true ? { ownHead: true as const } : {};
  return { family, layers, width, heads, kvHeads, headWidth, inner, context, ...head };
}

/** Hugging Face parameter names and shapes, in a fixed order; a head of its own comes last (docs/design/probe.md section 3). */
export function parameterShapes(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  return modelTensors(shapeOfModel(config), config.vocabSize);
}
