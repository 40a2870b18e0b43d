// A text file read whole: UTF-8 with or without a byte order mark, gzip by its name. Every failure names the file and says what to do; what may
// be larger than memory is read by text-chunks.ts instead.

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

export interface DataFile {
  readonly path: string;
  /** Without the byte order mark. */
  readonly text: string;
  /** Of the uncompressed bytes, hex. */
  readonly sha256: string;
}

/** Below V8's longest string, 2^29 - 24 characters. */
const MOST_BYTES = 512_000_000;

/** @throws LatentSweepError DATA_MISSING; DATA_INVALID when it is no UTF-8 text, a damaged .gz, or too large to be read whole */
export function readDataFile(path: string | URL, what = 'data file'): DataFile {
  const shown = path instanceof URL ? fileURLToPath(path) : path;
  const bytes = bytesOf(shown, what);
  return { path: shown, text: textOf(shown, bytes), sha256: createHash('sha256').update(bytes).digest('hex') };
}

function bytesOf(path: string, what: string): Buffer {
  try {
    if (statSync(path).size > MOST_BYTES) throw tooLarge(path);
    const bytes = readFileSync(path);
    return path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: MOST_BYTES }) : bytes;
  } catch (cause) {
    if (cause instanceof LatentSweepError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(path, cause);
    if (code.startsWith('Z_'))
      throw new LatentSweepError('DATA_INVALID', `${path} is not a whole gzip file`, { path }, cause);
    throw new LatentSweepError('DATA_MISSING', `cannot read the ${what} ${path} (${code})`, { path }, cause);
  }
}

function textOf(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LatentSweepError('DATA_INVALID', `${path} is not UTF-8 text`, { path }, cause);
  }
}

const tooLarge = (path: string, cause?: unknown): LatentSweepError =>
  new LatentSweepError(
    'DATA_INVALID',
    `${path} has more than ${MOST_BYTES} bytes; allowed: at most so many in a file that is read whole. Cut it into smaller files`,
    { path },
    cause,
  );
