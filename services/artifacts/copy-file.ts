// A copy that is there whole or not at all: written under a temporary name, hashed on the way, fsynced, checked, renamed. Survives SIGKILL
// and power loss; what a killed process leaves are temporary files, removed by `removeLeftovers`.

import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { fileError, isMissing } from './file-errors.ts';
import { type FileHash, READ_BYTES } from './file-hash.ts';
import { makeFolder } from './make-folder.ts';

const TEMPORARY = '.partial';
/** No copy takes so long; an older temporary file belongs to nobody. */
const LEFTOVER_MS = 24 * 3_600_000;

/** @throws LatentSweepError CHECKPOINT_DAMAGED when the source differs from `expected`; then `to` is untouched */
export async function copyDurably(from: string, to: string, expected: FileHash): Promise<void> {
  const folder = dirname(to);
  const temporary = `${to}.${randomUUID()}${TEMPORARY}`;
  try {
    makeFolder(folder);
    const actual = await writeHashed(from, temporary);
    if (actual.bytes !== expected.bytes || actual.sha256 !== expected.sha256) throw damaged(from, expected, actual);
    await rename(temporary, to);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, `${from} could not be copied to ${to}`);
  }
}

/** Makes a rename or a new file in `folder` survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what killed copies left directly in `folder`. @param olderMs 0 where nobody else copies into it */
export async function removeLeftovers(folder: string, nowMs: number, olderMs = LEFTOVER_MS): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(TEMPORARY)) continue;
    const path = join(folder, name);
    try {
      if (nowMs - (await stat(path)).mtimeMs > olderMs) await rm(path, { recursive: true, force: true });
    } catch (error) {
      // another copy was finished meanwhile
      if (!isMissing(error)) throw fileError(error, `${path}, a leftover, could not be removed`);
    }
  }
}

async function writeHashed(from: string, to: string): Promise<FileHash> {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'wx');
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      let bytes = 0;
      for (;;) {
        const { bytesRead } = await source.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) break;
        const chunk = buffer.subarray(0, bytesRead);
        hash.update(chunk);
        await target.writeFile(chunk);
        bytes += bytesRead;
      }
      await target.sync();
      return { sha256: hash.digest('hex'), bytes };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function damaged(path: string, expected: FileHash, actual: FileHash): LatentSweepError {
  return new LatentSweepError(
    'CHECKPOINT_DAMAGED',
    `${path} has ${actual.bytes} bytes and SHA-256 ${actual.sha256}; recorded are ${expected.bytes} bytes and ${expected.sha256}`,
    {
      path,
      sha256: expected.sha256,
      expectedBytes: expected.bytes,
      actualBytes: actual.bytes,
      actualSha256: actual.sha256,
    },
  );
}
