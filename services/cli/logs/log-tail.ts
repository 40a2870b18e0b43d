// The end of a growing file, line by line: reads backwards in blocks for the last lines, then from where it stopped. A file that
// became shorter, or another one under the same name, was rotated and is read from its beginning.

import { type FileHandle, open } from 'node:fs/promises';

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Reads a file that another process appends to, from call to call. */
export interface LogTail {
  /** Whole lines since the last call; the first call gives the last `lines`. A file that is not there yet has none. */
  next(): Promise<readonly string[]>;
}

/** Opens nothing before the first `next`. @param lines of the past that the first call gives; 0 = only what comes */
export function openLogTail(path: string, lines: number): LogTail {
  let position: number | null = null;
  let inode = 0;
  /** Of a line whose end is not written yet; bytes, because a character may be cut too. */
  let rest: Buffer = Buffer.alloc(0);
  return {
    next: async () => {
      const file = await openOrNull(path);
      if (file === null) {
        position ??= 0;
        return [];
      }
      try {
        const { size, ino } = await file.stat();
        position ??= await startOfLastLines(file, size, lines);
        if (size < position || (inode !== 0 && ino !== inode)) {
          position = 0;
          rest = Buffer.alloc(0);
        }
        inode = ino;
        const bytes = Buffer.concat([rest, await readBytes(file, position, size)]);
        position = size;
        const end = bytes.lastIndexOf(NEWLINE) + 1;
        rest = bytes.subarray(end);
        return end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n');
      } finally {
        await file.close();
      }
    },
  };
}

/** @returns the offset at which the last `lines` lines begin */
async function startOfLastLines(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  let found = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const block = await readBytes(file, start, end);
    for (let i = block.length - 1; i >= 0; i--) {
      // the newline at the very end closes the last line
      if (block[i] !== NEWLINE || start + i === size - 1) continue;
      found += 1;
      if (found === lines) return start + i + 1;
    }
    end = start;
  }
  return 0;
}

async function readBytes(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.alloc(to - from);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
  return buffer.subarray(0, bytesRead);
}

async function openOrNull(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
