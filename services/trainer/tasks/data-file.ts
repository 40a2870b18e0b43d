// Reads the data files of tasks, built-in (gzip, beside this file) or the user's own; every failure names the file and the line.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

export interface DataFile {
  readonly path: string;
  readonly text: string;
  /** Of the uncompressed bytes, hex. */
  readonly sha256: string;
}

/** @throws LatentSweepError DATA_MISSING, or DATA_INVALID when a .gz file is damaged */
export function readDataFile(path: string | URL): DataFile {
  const shown = String(path);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new LatentSweepError('DATA_MISSING', `cannot read the data file ${shown}`, { path: shown }, cause);
  }
  if (shown.endsWith('.gz')) {
    try {
      bytes = gunzipSync(bytes);
    } catch (cause) {
      throw new LatentSweepError('DATA_INVALID', `${shown} is not a whole gzip file`, { path: shown }, cause);
    }
  }
  return { path: shown, text: bytes.toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') };
}

export function builtInData(name: string): DataFile {
  return readDataFile(new URL(`./data/${name}`, import.meta.url));
}

/** SHA-256 (hex) of what a task's examples depend on. */
export function dataHash(parts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
