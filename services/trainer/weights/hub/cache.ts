// Where files of the hub lie on this machine: the layout of the hub's own clients, so that people find their way.
//   hub/models--<owner>--<name>/blobs/<hash>            content, named by the hash that the hub lists
//                              /snapshots/<commit>/...  a whole folder of links into blobs; there completely or not at all
//                              /refs/<revision>         the commit that a branch or tag stood for when it was fetched

import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../../artifacts/index.ts';
import { type HubName, isCommit } from './hub-name.ts';

export interface Snapshot {
  readonly folder: string;
  readonly commit: string;
}

function repoFolder(cacheDir: string, { repo }: HubName): string {
  return join(cacheDir, 'hub', `models--${repo.replace('/', '--')}`);
}

export const blobsFolder = (cacheDir: string, name: HubName): string => join(repoFolder(cacheDir, name), 'blobs');

/** What an earlier fetch of this name brought; a branch stands where it stood then. null = nothing whole. */
export function cachedSnapshot(cacheDir: string, name: HubName): Snapshot | null {
  const commit = isCommit(name.revision) ? name.revision : readRef(refFile(cacheDir, name));
  if (commit === null) return null;
  const folder = snapshotFolder(cacheDir, name, commit);
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? { folder, commit } : null;
}

/**
 * Makes the folder of a commit from blobs that are all there, then records what the revision stands for.
 * @param files blob by file name
 */
export function addSnapshot(
  cacheDir: string,
  name: HubName,
  commit: string,
  files: ReadonlyMap<string, string>,
): Snapshot {
  const folder = snapshotFolder(cacheDir, name, commit);
  const temporary = `${folder}.${randomUUID()}.tmp`;
  makeFolder(temporary);
  for (const [file, blob] of files) symlinkSync(join('..', '..', 'blobs', blob), join(temporary, file));
  try {
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true });
    // another process was faster: same commit, same folder
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
  if (!isCommit(name.revision)) writeRef(refFile(cacheDir, name), commit);
  return { folder, commit };
}

const snapshotFolder = (cacheDir: string, name: HubName, commit: string): string =>
  join(repoFolder(cacheDir, name), 'snapshots', commit);

const refFile = (cacheDir: string, name: HubName): string => join(repoFolder(cacheDir, name), 'refs', name.revision);

function readRef(file: string): string | null {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const text = readFileSync(file, 'utf8').trim();
  return isCommit(text) ? text : null;
}

function writeRef(file: string, commit: string): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  makeFolder(dirname(file));
  writeFileSync(temporary, commit);
  renameSync(temporary, file);
}
