// A JSON file of the formats that other tools write (config.json, tokenizer.json, the index of shards), with or without a byte order mark.

import type { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { readDataFile } from './data-file.ts';

export interface JsonFile<T> {
  readonly value: T;
  /** Of the bytes, hex. */
  readonly sha256: string;
}

/**
 * @param what the file is, in the sentence of an error
 * @throws LatentSweepError DATA_MISSING or DATA_INVALID naming the file and what is wrong with it
 */
export function parseJsonFile<T>(file: string, schema: z.ZodType<T>, what = 'file'): JsonFile<T> {
  const { text, sha256 } = readDataFile(file, what);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LatentSweepError('DATA_INVALID', `${file} is not JSON`, { path: file }, cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data, sha256 };
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  throw new LatentSweepError('DATA_INVALID', `${file}, key ${key || '(top)'}: ${issue?.message}`, { path: file, key });
}
