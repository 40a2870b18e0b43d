// The border of the models.
export {
  type Gpt2Config,
  headShape,
  type ModelConfig,
  parameterShapes,
  parseModelConfig,
  type Qwen3Config,
  toHuggingFaceConfig,
  tokenEmbeddingName,
} from './config.ts';
export { createModel, type Model } from './model.ts';
export type { CacheEntries, LayerPast, Parameters, Pass, PassResult } from './pass.ts';
