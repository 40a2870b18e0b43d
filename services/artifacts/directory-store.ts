// The artifact store as a directory: local for one machine, a network file system for many.

import { lstat, opendir, rm, utimes } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { ArtifactStore, ListedFile, StoredArtifact } from './artifact-store.ts';
import { copyDurably, removeLeftovers } from './copy-file.ts';
import { fileError, isMissing } from './file-errors.ts';
import { isWhole } from './file-hash.ts';
import { freePlace, kindOf } from './free-place.ts';
import { StorePresence } from './store-presence.ts';

/** @param memory file outside the store that remembers where it was; see store-presence.ts */
export async function openDirectoryStore(root: string, memory: string | null): Promise<ArtifactStore> {
  const presence = await StorePresence.open(root, memory);
  const pathOf = (uri: string): string => join(root, checkedUri(uri));

  return {
    description: root,
    put: async (path, artifact) => {
      const target = pathOf(artifact.uri);
      await presence.check();
      // what is there whole is the same content; the new time says that somebody is about to name it
      if (await isWholeFile(target, artifact)) {
        await touch(target);
        return;
      }
      await freePlace(root, artifact.uri);
      await copyOver(path, target, artifact);
      await removeLeftovers(dirname(target), Date.now());
    },
    fetch: async (artifact, path) => {
      const source = pathOf(artifact.uri);
      const found = await kindOf(source);
      if (found === 'missing') {
        await presence.check();
        throw new LatentSweepError('ARTIFACT_STORE', `${artifact.uri} is not in ${root}`, {
          ...{ fault: 'missing', uri: artifact.uri, sha256: artifact.sha256, store: root },
        });
      }
      if (found !== 'file') {
        throw new LatentSweepError('CHECKPOINT_DAMAGED', `${source} is no file`, {
          ...{ path: source, uri: artifact.uri, sha256: artifact.sha256 },
        });
      }
      await copyDurably(source, path, artifact);
    },
    has: async (artifact: StoredArtifact) => {
      const target = pathOf(artifact.uri);
      await presence.check();
      return await isWholeFile(target, artifact);
    },
    remove: async (uri) => {
      const target = pathOf(uri);
      await presence.check();
      await freePlace(root, uri);
      try {
        await rm(target, { force: true });
      } catch (error) {
        throw fileError(error, `${uri} could not be removed from ${root}`);
      }
    },
    claim: (owner) => presence.claim(owner),
    list: async function* () {
      await presence.check();
      yield* filesBelow(root, '');
    },
  };
}

async function isWholeFile(path: string, artifact: StoredArtifact): Promise<boolean> {
  try {
    return (await kindOf(path)) === 'file' && (await isWhole(path, artifact));
  } catch (error) {
    throw fileError(error, `${path} could not be read`);
  }
}

/** Where the disk has no room for both, the one that is not whole goes first: nobody can use it. */
async function copyOver(path: string, target: string, artifact: StoredArtifact): Promise<void> {
  try {
    await copyDurably(path, target, artifact);
  } catch (error) {
    const isFull = error instanceof LatentSweepError && error.code === 'DISK_FULL';
    if (!isFull || (await kindOf(target)) !== 'file' || (await isWholeFile(target, artifact))) throw error;
    await rm(target, { force: true });
    await copyDurably(path, target, artifact);
  }
}

async function touch(path: string): Promise<void> {
  try {
    const now = new Date();
    await utimes(path, now, now);
  } catch (error) {
    throw fileError(error, `${path} could not be marked as wanted`);
  }
}

/** Files that vanish meanwhile are left out. */
async function* filesBelow(root: string, folder: string): AsyncGenerator<ListedFile> {
  try {
    for await (const entry of await opendir(join(root, folder))) {
      const uri = posix.join(folder, entry.name);
      if (entry.isDirectory()) yield* filesBelow(root, uri);
      if (!entry.isFile()) continue;
      const found = await statOf(join(root, uri));
      if (found !== null) yield { uri, ...found };
    }
  } catch (error) {
    if (!isMissing(error)) throw fileError(error, `${join(root, folder)} could not be listed`);
  }
}

async function statOf(path: string): Promise<Omit<ListedFile, 'uri'> | null> {
  try {
    const { size, mtimeMs } = await lstat(path);
    return { bytes: size, modifiedAtMs: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Names come over the wire: they stay below the root. */
function checkedUri(uri: string): string {
  const clean =
    uri !== '' && uri !== '.' && posix.normalize(uri) === uri && !posix.isAbsolute(uri) && !uri.startsWith('..');
  if (clean && !uri.includes('\\') && !uri.includes('\0') && !uri.endsWith('/')) return uri;
  throw new LatentSweepError(
    'ARTIFACT_STORE',
    `"${uri}" is not a name in the artifact store; allowed is a relative path without . and .., such as checkpoints/<phase>/100-0123456789ab.safetensors`,
    { uri },
  );
}
