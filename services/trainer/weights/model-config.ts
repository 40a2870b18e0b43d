// Reads the `config.json` of a Hugging Face folder, and refuses what is not trained here before any weights are looked at.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type ModelConfig, parseModelConfig } from '../models/index.ts';

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
  const json = parseJsonFile(path, jsonSchema);
  try {
    return parseModelConfig(json);
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

/** @throws LatentSweepError DATA_MISSING or DATA_INVALID naming the file and what is wrong with it */
export function parseJsonFile<T>(file: string, schema: z.ZodType<T>): T {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LatentSweepError('DATA_MISSING', `${file} cannot be read`, { path: file }, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LatentSweepError('DATA_INVALID', `${file} is not JSON`, { path: file }, cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  throw new LatentSweepError('DATA_INVALID', `${file}, key ${key || '(top)'}: ${issue?.message}`, { path: file, key });
}
