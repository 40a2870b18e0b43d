// What lies in the way of a checkpoint without being its file: a folder under its name, or a file where its folder belongs. Nobody can use it, and
// it would keep the checkpoint from being written for ever, so it goes. Only where a checkpoint belongs: any other folder may be somebody's.

import { lstat, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { placeOfCheckpoint } from './artifact-store.ts';
import { fileError, isMissing } from './file-errors.ts';

export type PlaceKind = 'file' | 'folder' | 'missing' | 'other';

/** A link is `other`: what it leads to may change. */
export async function kindOf(path: string): Promise<PlaceKind> {
  try {
    const found = await lstat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw fileError(error, `${path} could not be looked up`);
  }
}

/** Makes the place of the checkpoint `uri` one where a file can be written or removed. */
export async function freePlace(root: string, uri: string): Promise<void> {
  if (placeOfCheckpoint(uri) === null) return;
  const path = join(root, uri);
  try {
    if ((await kindOf(dirname(path))) === 'file') await rm(dirname(path));
    if ((await kindOf(path)) === 'folder') await rm(path, { recursive: true });
  } catch (error) {
    throw fileError(error, `${path} is taken by what is no checkpoint`);
  }
}
