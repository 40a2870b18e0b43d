// All files of a model at one commit. Once a name is in the cache the network is not asked again: a branch stays where it stood, on this machine.

import { LatentSweepError } from '../../../../workflows/domain/errors.ts';
import { parseJsonFile } from '../../text/index.ts';
import { readConfigFile } from '../model-config.ts';
import { INDEX_FILE, SINGLE_FILE, shardIndexSchema } from '../weight-files.ts';
import { addSnapshot, cachedSnapshot, type Snapshot } from './cache.ts';
import { fetchBlob } from './fetch-blob.ts';
import type { HubName } from './hub-name.ts';
import { commitOf, type HubFile, modelFiles, shardFiles } from './listing.ts';
import type { HubOptions } from './options.ts';

const CONFIG_FILE = 'config.json';

/** @throws LatentSweepError as `fetchBlob`, and DATA_MISSING or DATA_INVALID for what the repository lacks */
export async function fetchSnapshot(name: HubName, options: HubOptions): Promise<Snapshot> {
  const cached = cachedSnapshot(options.cacheDir, name);
  if (cached !== null) return cached;
  const commit = await commitOf(name, options);
  const { files, all } = await modelFiles(name, commit, options);
  const blobs = new Map<string, string>();
  const fetchAll = async (wanted: readonly HubFile[]): Promise<void> => {
    for (const file of wanted) {
      const blob = await fetchBlob(name, commit, file, options);
      // a model that cannot be trained here is found out before its weights come
      if (file.path === CONFIG_FILE) readConfigFile(blob, `${CONFIG_FILE} of ${name.text}`);
      blobs.set(file.path, file.hash);
    }
  };
  await fetchAll([...files].sort((a, b) => order(a) - order(b)));
  const index = files.find(({ path }) => path === INDEX_FILE);
  if (index !== undefined) await fetchAll(shardFiles(name, await indexedShards(name, commit, index, options), all));
  return addSnapshot(options.cacheDir, name, commit, blobs);
}

const order = ({ path }: HubFile): number => (path === CONFIG_FILE ? 0 : path === SINGLE_FILE ? 2 : 1);

/** File names of the shards, read from the index itself. */
export async function indexedShards(
  name: HubName,
  commit: string,
  index: HubFile,
  options: HubOptions,
): Promise<readonly string[]> {
  const { value } = parseJsonFile(await fetchBlob(name, commit, index, options), shardIndexSchema);
  const shards = [...new Set(Object.values(value.weight_map))].sort();
  if (shards.length > 0) return shards;
  throw new LatentSweepError('DATA_INVALID', `model.weights: the index of ${name.text} names no tensor`, {
    key: 'model.weights',
    weights: name.text,
  });
}
