// What lies in the artifact store and in the caches of this machine's nodes: real files, whatever Postgres says. It writes and makes nothing.

import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileError, isMissing } from '../artifacts/index.ts';
import { artifactsUrl, type Config } from '../config/index.ts';

/** Checkpoints in one folder and below; 0 where there is none. */
export interface DiskUsage {
  /** `artifacts`, or `cache of NODE`. */
  readonly what: string;
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

/** The store first; caches of nodes that have run in this state folder. @throws LatentSweepError ARTIFACT_STORE */
export async function readDiskUsage(config: Config): Promise<readonly DiskUsage[]> {
  const nodes = join(config.stateDir, 'nodes');
  const folders = [{ what: 'artifacts', folder: fileURLToPath(artifactsUrl(config)) }];
  for (const name of (await namesIn(nodes)).sort())
    folders.push({ what: `cache of ${name}`, folder: join(nodes, name, 'cache') });
  return await Promise.all(folders.map(async (one) => ({ ...one, ...(await sizeOf(one.folder)) })));
}

async function sizeOf(folder: string): Promise<Pick<DiskUsage, 'files' | 'bytes'>> {
  let [files, bytes] = [0, 0];
  for await (const path of filesBelow(folder)) {
    try {
      bytes += (await stat(path)).size;
      files += 1;
    } catch (error) {
      // removed meanwhile
      if (!isMissing(error)) throw fileError(error, `${path} could not be looked up`);
    }
  }
  return { files, bytes };
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  try {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* filesBelow(path);
      // the mark of the store and what copies have under way are no checkpoints
      else if (entry.name.endsWith('.safetensors')) yield path;
    }
  } catch (error) {
    if (!isMissing(error)) throw fileError(error, `${folder} could not be listed`);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(folder)) if (entry.isDirectory()) names.push(entry.name);
  } catch (error) {
    if (!isMissing(error)) throw fileError(error, `${folder} could not be listed`);
  }
  return names;
}
