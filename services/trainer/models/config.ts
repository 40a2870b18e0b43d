// The shapes a Base (and its Coprocessor) can have. One truth for parameter names and shapes; it must never know how a model is computed, nor
// how a file says what it is (hugging-face-config.ts).

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
const GPT2_POSITIONS = 'transformer.wpe.weight';

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

/** Whether rows of a parameter are looked up by token or position, rather than multiplied. */
export function isEmbeddingTable(config: ModelConfig, name: string): boolean {
  return name === tokenEmbeddingName(config) || name === GPT2_POSITIONS;
}

function* gpt2Shapes(c: Gpt2Config): Generator<[string, number[]]> {
  yield ['transformer.wte.weight', [c.vocabSize, c.width]];
  yield [GPT2_POSITIONS, [c.contextLength, c.width]];
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
