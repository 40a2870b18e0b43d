// The text of a file chunk by chunk, a byte order mark left out, so that files larger than memory pass through. What is no UTF-8 or no whole gzip is refused by name.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

/** @throws LatentSweepError DATA_MISSING or DATA_INVALID naming the file */
export async function* textChunks(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of byteChunks(path)) yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    throw readingError(path, cause);
  }
}

async function* byteChunks(path: string): AsyncGenerator<Buffer> {
  const source = createReadStream(path);
  // errors of the source reach the reader through the pipeline, which destroys the last stream with them
  const stream = path.endsWith('.gz') ? pipeline(source, createGunzip(), () => undefined) : source;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a stream of bytes gave something else');
    yield chunk;
  }
}

function readingError(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return cause;
  const code = String(cause.code);
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new LatentSweepError('DATA_INVALID', `${path} is not UTF-8 text`, { path }, cause);
  if (code.startsWith('Z_'))
    return new LatentSweepError('DATA_INVALID', `${path} is not a whole gzip file`, { path }, cause);
  if (/^E[A-Z]+$/.test(code))
    return new LatentSweepError('DATA_MISSING', `cannot read the data file ${path} (${code})`, { path }, cause);
  return cause;
}
