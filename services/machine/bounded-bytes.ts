// The bytes of a file that people name, bounded: a device or a pipe may never end.

import { closeSync, openSync, readSync } from 'node:fs';

/**
 * At most one byte more than is allowed, so that who reads them says why they are too many.
 * @throws the file system's error
 */
export function boundedBytes(path: string, most: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(most + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
