// The safetensors files of a Hugging Face folder: one, or shards with an index. Reads headers only; every claim of the index is checked
// against them before a byte of data is read.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { readSafetensorsHeader, type TensorEntry } from '../../tensor/safetensors/index.ts';
import { parseJsonFile } from '../text/index.ts';

export const SINGLE_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';

export interface WeightFile {
  readonly path: string;
  readonly entries: readonly TensorEntry[];
}

export interface StoredTensor {
  readonly file: string;
  readonly entry: TensorEntry;
}

/** File names only: a shard lies beside its index. */
const fileName = z
  .string()
  .regex(/^[^/\\]+\.safetensors$/, 'a shard must be the name of a .safetensors file in the same folder');
export const shardIndexSchema = z.looseObject({ weight_map: z.record(z.string(), fileName) });

/**
 * The single file where there is one, else the shards in the order of their names.
 * @throws LatentSweepError DATA_MISSING naming the file or shard that is not there; DATA_INVALID for a broken index; WEIGHTS_INVALID naming
 * file and tensor for a broken file, and for a tensor that the index puts where it is not
 */
export function weightFiles(folder: string): readonly WeightFile[] {
  const single = join(folder, SINGLE_FILE);
  if (existsSync(single)) return [withEntries(single)];
  const index = join(folder, INDEX_FILE);
  if (!existsSync(index)) {
    throw new LatentSweepError('DATA_MISSING', `${folder} has neither ${SINGLE_FILE} nor ${INDEX_FILE}`, {
      path: folder,
    });
  }
  const { weight_map } = parseJsonFile(index, shardIndexSchema).value;
  const shards = [...new Set(Object.values(weight_map))].sort();
  if (shards.length === 0) throw new LatentSweepError('DATA_INVALID', `${index} names no tensor`, { path: index });
  const missing = shards.filter((shard) => !existsSync(join(folder, shard)));
  if (missing[0] !== undefined) {
    throw new LatentSweepError(
      'DATA_MISSING',
      `${index} names ${shards.length} shards; ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not there`,
      { path: join(folder, missing[0]) },
    );
  }
  const files = shards.map((shard) => withEntries(join(folder, shard)));
  checkIndex(folder, index, weight_map, files);
  return files;
}

const withEntries = (path: string): WeightFile => ({ path, entries: readSafetensorsHeader(path).entries });

function checkIndex(
  folder: string,
  index: string,
  weightMap: Readonly<Record<string, string>>,
  files: readonly WeightFile[],
): void {
  const found = new Map<string, string>();
  for (const { path, entries } of files) {
    for (const { name } of entries) {
      const other = found.get(name);
      if (other !== undefined) throw wrong(`${path} and ${other} both hold tensor ${name}`, path, name);
      found.set(name, path);
    }
  }
  for (const [name, shard] of Object.entries(weightMap)) {
    const path = join(folder, shard);
    if (found.get(name) === path) continue;
    throw wrong(`${index} puts tensor ${name} into ${shard}, which does not hold it`, index, name);
  }
  for (const [name, path] of found) {
    if (!Object.hasOwn(weightMap, name))
      throw wrong(`${path} holds tensor ${name}, which ${index} does not name`, path, name);
  }
}

const wrong = (sentence: string, file: string, tensor: string): LatentSweepError =>
  new LatentSweepError('WEIGHTS_INVALID', sentence, { file, tensor });
