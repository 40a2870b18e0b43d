// The border of the weights.
export { describeWeights, shapeOfFolder, type WeightsDescription } from './describe-weights.ts';
export { type ExportedFolders, exportHuggingFaceFolders } from './export/export-folders.ts';
export type { ExportTokenizer } from './export/export-tokenizer.ts';
export { tokenizerFiles } from './export/tokenizer-files.ts';
export { cacheFolder, type HubOptions } from './hub/options.ts';
export {
  type HuggingFaceFolder,
  type LoadedFolder,
  loadHuggingFaceFolder,
} from './load-folder.ts';
export {
  fetchWeights,
  type ResolvedModel,
  resolveLocalModel,
  resolveModel,
  type Vocabulary,
} from './resolve-model.ts';
