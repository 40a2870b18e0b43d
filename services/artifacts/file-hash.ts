// Size and SHA-256 of a file, in constant memory.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isMissing } from './file-errors.ts';

export interface FileHash {
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}

export const READ_BYTES = 1024 * 1024;

async function hashFile(path: string): Promise<FileHash> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Whether the file is there with this size and hash. @throws errors of the file system other than that it is missing */
export async function isWhole(path: string, expected: FileHash): Promise<boolean> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size !== expected.bytes) return false;
    return (await hashFile(path)).sha256 === expected.sha256;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
