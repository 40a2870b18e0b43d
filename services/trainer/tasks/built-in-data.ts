// The data that ships with the trainer, and what identifies the data of a task.

import { createHash } from 'node:crypto';
import { type DataFile, readDataFile } from '../text/index.ts';

export function builtInData(name: string): DataFile {
  return readDataFile(new URL(`./data/${name}`, import.meta.url));
}

/** SHA-256 (hex) of what a task's examples depend on. */
export function dataHash(parts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
