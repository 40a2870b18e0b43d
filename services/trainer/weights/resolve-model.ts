// From the model settings of a phase to a shape and, where weights are named, their tensors: the one entry for whoever runs a phase.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { ModelSettings } from '../../study/settings/index.ts';
import type { NamedTensors } from '../../tensor/runtime/index.ts';
import type { ModelConfig } from '../models/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { cachedSnapshot } from './hub/cache.ts';
import { fetchSnapshot } from './hub/fetch-snapshot.ts';
import { isHubName, parseHubName } from './hub/hub-name.ts';
import { type HubOptions, hubOptions } from './hub/options.ts';
import { openHuggingFaceFolder } from './load-folder.ts';
import { modelFromShape } from './model-from-shape.ts';

export interface ResolvedModel {
  readonly config: ModelConfig;
  /** Base weights to start from (`base.*`), read anew at each call; null = initialised from scratch. */
  readonly readBase: (() => NamedTensors) | null;
  /** Where the weights lie on this machine; null without. */
  readonly folder: string | null;
}

export type Vocabulary = Pick<Tokenizer, 'name' | 'vocabularySize'>;

/**
 * Fetches what is not there yet. Headers are checked, data are read only by `readBase`.
 * @throws LatentSweepError CONFIG_INVALID, TOKEN_OUT_OF_RANGE, and all of `openHuggingFaceFolder` and `fetchWeights`
 */
export async function resolveModel(
  settings: ModelSettings,
  tokenizer: Vocabulary,
  options: Partial<HubOptions> = {},
): Promise<ResolvedModel> {
  if ('weights' in settings) await fetchWeights(settings.weights, options);
  return resolveLocalModel(settings, tokenizer, options);
}

/** As `resolveModel` without the network. @throws LatentSweepError DATA_MISSING for a hub name that `fetchWeights` has not brought */
export function resolveLocalModel(
  settings: ModelSettings,
  tokenizer: Vocabulary,
  options: Partial<HubOptions> = {},
): ResolvedModel {
  if (!('weights' in settings)) {
    return { config: modelFromShape(settings, tokenizer.vocabularySize), readBase: null, folder: null };
  }
  const folder = localFolder(settings.weights, options);
  const { config, readTensors } = openHuggingFaceFolder(folder);
  if (tokenizer.vocabularySize > config.vocabSize) {
    throw new LatentSweepError(
      'TOKEN_OUT_OF_RANGE',
      `tokenizer ${tokenizer.name} has ${tokenizer.vocabularySize} ids, the model of ${settings.weights} knows ${config.vocabSize}`,
      { key: 'tokenizer', ids: tokenizer.vocabularySize, vocabulary: config.vocabSize },
    );
  }
  return { config, readBase: readTensors, folder };
}

/**
 * Makes the weights present on this machine; nothing to do for a folder, nor for a hub name that is in the cache.
 * @returns the folder
 * @throws LatentSweepError CONFIG_INVALID for a malformed hub name; DATA_MISSING when the hub lacks it or cannot be reached; WEIGHTS_INVALID
 * when what came is not what the hub listed; DISK_FULL
 */
export async function fetchWeights(weights: string, options: Partial<HubOptions> = {}): Promise<string> {
  return isHubName(weights) ? (await fetchSnapshot(parseHubName(weights), hubOptions(options))).folder : weights;
}

function localFolder(weights: string, options: Partial<HubOptions>): string {
  if (!isHubName(weights)) return weights;
  const { cacheDir } = hubOptions(options);
  const snapshot = cachedSnapshot(cacheDir, parseHubName(weights));
  if (snapshot !== null) return snapshot.folder;
  throw new LatentSweepError('DATA_MISSING', `model.weights: ${weights} is not in the cache ${cacheDir}`, {
    key: 'model.weights',
    weights,
    cacheDir,
  });
}
