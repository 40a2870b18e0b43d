// The bytes of a file that people bring as YAML, bounded: a device or a pipe may never end. At most one byte more than is allowed, so that who
// reads them says why they are too many.

import { closeSync, openSync, readSync } from 'node:fs';
import { MOST_YAML_BYTES } from './yaml-source.ts';

/** @throws the file system's error */
export function yamlBytes(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MOST_YAML_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
