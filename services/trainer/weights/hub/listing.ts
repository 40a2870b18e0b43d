// What a commit of a hub repository holds, and which of its files a model needs: nothing else is ever downloaded.

import { listFiles, modelInfo } from '@huggingface/hub';
import { LatentSweepError } from '../../../../workflows/domain/errors.ts';
import { SHA256_HEX } from '../../../../workflows/domain/ids.ts';
import { INDEX_FILE, SINGLE_FILE } from '../weight-files.ts';
import { withRetries } from './attempts.ts';
import { type HubName, isCommit } from './hub-name.ts';
import type { HubOptions } from './options.ts';
import { hubParameters } from './parameters.ts';

export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** Hash of the content, and its name in the cache: SHA-256 of a large file, git's SHA-1 of a small one. */
  readonly hash: string;
  readonly algorithm: 'sha256' | 'git-sha1';
}

/** Beside the weights; taken where they exist. */
const SMALL_FILES = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
]);

const HASHES = { sha256: SHA256_HEX, 'git-sha1': /^[0-9a-f]{40}$/ } as const;

/** The commit that the revision stands for now. */
export async function commitOf(name: HubName, options: HubOptions): Promise<string> {
  if (isCommit(name.revision)) return name.revision;
  const { sha } = await withRetries(name, options, () =>
    modelInfo({ ...hubParameters(options), name: name.repo, revision: name.revision, additionalFields: ['sha'] }),
  );
  if (!isCommit(sha)) throw malformed(name, `answered with the commit ${JSON.stringify(sha)}`);
  return sha;
}

/**
 * Config, tokenizer, and the single weight file or else the index; shards are added with `shardFiles` once the index is read.
 * @throws LatentSweepError DATA_MISSING when the repository has no config or no safetensors
 */
export async function modelFiles(
  name: HubName,
  commit: string,
  options: HubOptions,
): Promise<{ readonly files: readonly HubFile[]; readonly all: ReadonlyMap<string, HubFile> }> {
  const entries = await withRetries(name, options, async () => {
    const found = [];
    for await (const entry of listFiles({ ...hubParameters(options), repo: name.repo, revision: commit }))
      found.push(entry);
    return found;
  });
  const all = new Map<string, HubFile>();
  for (const { type, path, size, oid, lfs } of entries) {
    if (type !== 'file') continue;
    const file: HubFile = lfs
      ? { path, bytes: lfs.size, hash: lfs.oid, algorithm: 'sha256' }
      : { path, bytes: size, hash: oid ?? '', algorithm: 'git-sha1' };
    if (!HASHES[file.algorithm].test(file.hash)) throw malformed(name, `lists ${path} without a hash`);
    all.set(path, file);
  }
  const weights = all.get(SINGLE_FILE) ?? all.get(INDEX_FILE);
  if (weights === undefined || !all.has('config.json')) {
    const lacking = weights === undefined ? `neither ${SINGLE_FILE} nor ${INDEX_FILE}` : 'no config.json';
    throw new LatentSweepError('DATA_MISSING', `model.weights: ${name.text} has ${lacking} (commit ${commit})`, {
      key: 'model.weights',
      weights: name.text,
      commit,
    });
  }
  const small = [...all.values()].filter(({ path }) => SMALL_FILES.has(path));
  return { files: [...small, weights], all };
}

/** @throws LatentSweepError DATA_MISSING when the index names a shard that the repository lacks */
export function shardFiles(
  name: HubName,
  shards: readonly string[],
  all: ReadonlyMap<string, HubFile>,
): readonly HubFile[] {
  return shards.map((shard) => {
    const file = all.get(shard);
    if (file !== undefined) return file;
    throw new LatentSweepError(
      'DATA_MISSING',
      `model.weights: the index of ${name.text} names ${shard}, which is not there`,
      {
        key: 'model.weights',
        weights: name.text,
        shard,
      },
    );
  });
}

const malformed = (name: HubName, fault: string): LatentSweepError =>
  new LatentSweepError('DATA_INVALID', `model.weights: the hub ${fault} for ${name.text}`, {
    key: 'model.weights',
    weights: name.text,
  });
