// Reads the `config.json` of a Hugging Face folder, and refuses what is not trained here before any weights are looked at.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type ModelConfig, parseModelConfig } from '../models/index.ts';
import { parseJsonFile } from '../text/index.ts';

const jsonSchema = z.looseObject({});

/**
 * @throws LatentSweepError DATA_MISSING for a folder or file that is not there; DATA_INVALID for one that is no JSON object; CONFIG_INVALID
 * naming the key for another family, or for a setting that changes the computation
 */
export function readModelConfig(folder: string): ModelConfig {
  checkFolder(folder);
  return readConfigFile(join(folder, 'config.json'));
}

/** @param file what messages call it, where its path says nothing */
export function readConfigFile(path: string, file = path): ModelConfig {
  const { value } = parseJsonFile(path, jsonSchema);
  try {
    return parseModelConfig(value);
  } catch (cause) {
    if (!(cause instanceof LatentSweepError)) throw cause;
    throw new LatentSweepError(cause.code, `${file}, ${cause.sentence}`, { ...cause.details, file }, cause);
  }
}

/** @throws LatentSweepError DATA_MISSING */
function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new LatentSweepError('DATA_MISSING', `model.weights: there is no folder ${folder}`, {
    key: 'model.weights',
    path: folder,
  });
}
