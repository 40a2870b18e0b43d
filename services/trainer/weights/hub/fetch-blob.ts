// One file of the hub into the cache: continued where an earlier download broke off, believed only when its hash is the listed one, and
// visible under its name only then.

import { createHash } from 'node:crypto';
import { open, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadFile } from '@huggingface/hub';
import { isDiskFull } from '../../../../workflows/domain/disk-full.ts';
import { LatentSweepError } from '../../../../workflows/domain/errors.ts';
import { makeFolder } from '../../../artifacts/index.ts';
import { hashFile } from '../hash-file.ts';
import { withRetries } from './attempts.ts';
import { blobsFolder } from './cache.ts';
import type { HubName } from './hub-name.ts';
import type { HubFile } from './listing.ts';
import type { HubOptions } from './options.ts';
import { hubParameters } from './parameters.ts';
import { takePartial } from './partial.ts';

/**
 * @returns the path of the content in the cache
 * @throws LatentSweepError DATA_MISSING when it cannot be had (what came so far is kept for the next try); WEIGHTS_INVALID when its hash is
 * wrong twice; DISK_FULL
 */
export async function fetchBlob(name: HubName, commit: string, file: HubFile, options: HubOptions): Promise<string> {
  const folder = blobsFolder(options.cacheDir, name);
  const blob = join(folder, file.hash);
  try {
    makeFolder(folder);
    const partial = await takePartial(folder, file.hash, options.signal);
    if (partial === null) return blob;
    try {
      const resumed = (await stat(partial.path)).size > 0;
      await download(name, commit, file, partial.path, options);
      // what an earlier download left may have been damaged since: once from the start before the hub is blamed
      if (resumed && (await hashOf(partial.path, file)) !== file.hash) {
        await truncate(partial.path);
        await download(name, commit, file, partial.path, options);
      }
      const found = await hashOf(partial.path, file);
      if (found !== file.hash) {
        await truncate(partial.path);
        throw wrongHash(name, file, found);
      }
      await rename(partial.path, blob);
    } finally {
      await partial.release();
    }
  } catch (error) {
    throw diskFull(error, folder) ?? error;
  }
  return blob;
}

/** Appends until the file has its listed size. */
async function download(
  name: HubName,
  commit: string,
  { path, bytes }: HubFile,
  to: string,
  options: HubOptions,
): Promise<void> {
  let furthest = 0;
  await withRetries(name, options, async (progressed) => {
    const size = (await stat(to)).size;
    // more than there is: it belongs to nothing
    if (size > bytes) await truncate(to);
    let done = size > bytes ? 0 : size;
    if (done === bytes) return;
    // the plain protocol: any server and mirror can continue a range of it
    const content = await downloadFile({
      ...hubParameters(options),
      repo: name.repo,
      revision: commit,
      path,
      xet: false,
    });
    if (content === null) throw gone(name, path, commit);
    const handle = await open(to, 'a');
    try {
      const chunks: AsyncIterable<Uint8Array> = content.slice(done, bytes).stream();
      for await (const chunk of chunks) {
        for (let from = 0; from < chunk.byteLength; ) from += (await handle.write(chunk, from)).bytesWritten;
        done += chunk.byteLength;
        if (done > furthest && done <= bytes) progressed();
        furthest = Math.max(furthest, done);
        options.onProgress({ file: path, done, bytes });
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (done !== bytes) throw new Error(`${path} ended at byte ${done} of ${bytes}`);
  });
}

function hashOf(path: string, { algorithm, bytes }: HubFile): Promise<string> {
  // git hashes a file's length with it
  const hash = algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`);
  return hashFile(path, hash);
}

const gone = (name: HubName, path: string, commit: string): LatentSweepError =>
  new LatentSweepError('DATA_MISSING', `model.weights: ${name.text} has no ${path} (commit ${commit})`, {
    key: 'model.weights',
    weights: name.text,
    path,
  });

const wrongHash = (name: HubName, { path, algorithm, hash }: HubFile, found: string): LatentSweepError =>
  new LatentSweepError(
    'WEIGHTS_INVALID',
    `model.weights: ${path} of ${name.text} came with ${algorithm} ${found}, the hub lists ${hash}; nothing of it was kept`,
    { key: 'model.weights', weights: name.text, file: path, expected: hash, found },
  );

function diskFull(error: unknown, folder: string): LatentSweepError | null {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!isDiskFull(error)) return null;
  return new LatentSweepError('DISK_FULL', `no room in the cache ${folder} (${errno})`, { path: folder, errno }, error);
}
