// The artifact store as a directory: local for one machine, a network file system for many.

import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { ArtifactStore, StoredArtifact } from './artifact-store.ts';
import { copyDurably, removeLeftovers } from './copy-file.ts';
import { fileError, isMissing } from './file-errors.ts';

export async function openDirectoryStore(root: string): Promise<ArtifactStore> {
  await mkdir(root, { recursive: true }).catch((error: unknown) => {
    throw fileError(error, `the artifact store ${root} could not be made`);
  });
  const pathOf = (uri: string): string => join(root, checkedUri(uri));

  const sizeOf = async (uri: string): Promise<number | null> => {
    try {
      return (await stat(pathOf(uri))).size;
    } catch (error) {
      if (isMissing(error)) return null;
      throw fileError(error, `${uri} could not be looked up in ${root}`);
    }
  };

  return {
    description: root,
    put: async (path, artifact) => {
      // the name contains the hash: what is there whole is the same content
      if ((await sizeOf(artifact.uri)) === artifact.bytes) return;
      const target = pathOf(artifact.uri);
      await copyDurably(path, target, artifact);
      await removeLeftovers(dirname(target), Date.now());
    },
    fetch: async (artifact, path) => {
      if ((await sizeOf(artifact.uri)) === null) {
        throw new LatentSweepError('ARTIFACT_STORE', `${artifact.uri} is not in ${root}`, {
          uri: artifact.uri,
          store: root,
        });
      }
      await copyDurably(pathOf(artifact.uri), path, artifact);
    },
    has: async (artifact: StoredArtifact) => (await sizeOf(artifact.uri)) === artifact.bytes,
    remove: async (uri) => {
      try {
        await rm(pathOf(uri), { force: true });
      } catch (error) {
        throw fileError(error, `${uri} could not be removed from ${root}`);
      }
    },
  };
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
