// What planning must know of weights that a sweep file names: their content, so that equal weights at two places are one phase, and the shape of
// the model. Large files of the hub are described by the hashes it lists, without being downloaded.

import { createHash } from 'node:crypto';
import { existsSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { SHA256_HEX } from '../../../workflows/domain/ids.ts';
import type { ModelShape } from '../../study/systems/index.ts';
import { type ModelConfig, shapeOfModel } from '../models/index.ts';
import { hashFile } from './hash-file.ts';
import { cachedSnapshot } from './hub/cache.ts';
import { fetchBlob } from './hub/fetch-blob.ts';
import { indexedShards } from './hub/fetch-snapshot.ts';
import { type HubName, isHubName, parseHubName } from './hub/hub-name.ts';
import { commitOf, type HubFile, modelFiles, shardFiles } from './hub/listing.ts';
import { type HubOptions, hubOptions } from './hub/options.ts';
import { openHuggingFaceFolder } from './load-folder.ts';
import { readConfigFile } from './model-config.ts';
import { INDEX_FILE, weightFiles } from './weight-files.ts';

export interface WeightsDescription {
  /** The name to keep: a hub name with its commit, so that every node and every day means the same content; a folder as given. */
  readonly weights: string;
  /** Over names and contents of config and weight files. */
  readonly sha256: string;
  readonly shape: ModelShape;
  readonly vocabularySize: number;
}

/**
 * A branch is looked up anew; where the hub cannot be reached, the cache answers.
 * @throws LatentSweepError as `fetchWeights` and `openHuggingFaceFolder`
 */
export async function describeWeights(weights: string, options: Partial<HubOptions> = {}): Promise<WeightsDescription> {
  if (!isHubName(weights)) return describeFolder(weights, weights);
  const name = parseHubName(weights);
  const known = hubOptions(options);
  try {
    return await describeOnHub(name, known);
  } catch (error) {
    const cached = cachedSnapshot(known.cacheDir, name);
    if (cached === null || !(error instanceof LatentSweepError) || error.code !== 'DATA_MISSING') throw error;
    return describeFolder(pinned(name, cached.commit), cached.folder);
  }
}

/**
 * The shape of the model in a folder, once config, files, names and shapes of its tensors are checked.
 * @throws LatentSweepError as `openHuggingFaceFolder`
 */
export function shapeOfFolder(folder: string): ModelShape {
  return shapeOfModel(openHuggingFaceFolder(folder).config);
}

async function describeFolder(weights: string, folder: string): Promise<WeightsDescription> {
  const { config } = openHuggingFaceFolder(folder);
  const index = join(folder, INDEX_FILE);
  const paths = [join(folder, 'config.json'), ...weightFiles(folder).map(({ path }) => path)];
  if (existsSync(index) && paths.length > 2) paths.push(index);
  const hashes = new Map<string, string>();
  for (const path of paths) hashes.set(basename(path), await sha256Of(path));
  return described(weights, config, hashes);
}

async function describeOnHub(name: HubName, options: HubOptions): Promise<WeightsDescription> {
  const cached = cachedSnapshot(options.cacheDir, name);
  const commit = await commitOf(name, options);
  if (cached?.commit === commit) return describeFolder(pinned(name, commit), cached.folder);
  const { files, all } = await modelFiles(name, commit, options);
  const index = files.find(({ path }) => path === INDEX_FILE);
  const shards = index === undefined ? [] : shardFiles(name, await indexedShards(name, commit, index, options), all);
  const wanted = [...files, ...shards].filter(
    ({ path }) => path === 'config.json' || path === INDEX_FILE || path.endsWith('.safetensors'),
  );
  const hashes = new Map<string, string>();
  for (const file of wanted) hashes.set(file.path, await listedSha256(name, commit, file, options));
  const [configFile] = wanted.filter(({ path }) => path === 'config.json');
  if (configFile === undefined) throw new LatentSweepError('INTERNAL', 'a listed model has no config');
  const blob = await fetchBlob(name, commit, configFile, options);
  return described(pinned(name, commit), readConfigFile(blob, `config.json of ${name.text}`), hashes);
}

/** Large files are listed by their SHA-256; small ones are fetched. */
async function listedSha256(name: HubName, commit: string, file: HubFile, options: HubOptions): Promise<string> {
  return file.algorithm === 'sha256' ? file.hash : sha256Of(await fetchBlob(name, commit, file, options));
}

function described(weights: string, config: ModelConfig, hashes: ReadonlyMap<string, string>): WeightsDescription {
  const hash = createHash('sha256');
  for (const file of [...hashes.keys()].sort()) hash.update(`${file} ${hashes.get(file)}\n`);
  return { weights, sha256: hash.digest('hex'), shape: shapeOfModel(config), vocabularySize: config.vocabSize };
}

const pinned = ({ repo }: HubName, commit: string): string => `hf:${repo}@${commit}`;

/** A link into the cache names the hash it was checked against. */
async function sha256Of(path: string): Promise<string> {
  const target = linkTarget(path);
  if (target !== null && SHA256_HEX.test(target)) return target;
  return hashFile(path, createHash('sha256'));
}

function linkTarget(path: string): string | null {
  try {
    return basename(readlinkSync(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EINVAL') return null;
    throw error;
  }
}
