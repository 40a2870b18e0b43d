// The hash of a file of any size, read in pieces.

import type { Hash } from 'node:crypto';
import { open } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 22;

/** @param hash may have taken in a preamble already; it is finished by this call */
export async function hashFile(path: string, hash: Hash): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.byteLength, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(chunk.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
