// The border of the models.
export {
  type Gpt2Config,
  headShape,
  type ModelConfig,
  parameterShapes,
  type Qwen3Config,
  shapeOfModel,
  tokenEmbeddingName,
} from './config.ts';
export { parseModelConfig, toHuggingFaceConfig } from './hugging-face-config.ts';
export { INITIAL_DEVIATION, initialWeight, renameLayer, writesResidual } from './initial-weights.ts';
export { createModel, type Model } from './model.ts';
export {
  type CacheEntries,
  joinEntries,
  type LayerPast,
  type Parameters,
  type Pass,
  type PassResult,
  pastEntries,
} from './pass.ts';
