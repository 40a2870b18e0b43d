// Writes text of any length without holding it: waits whenever whoever reads stdout is slower.

import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** @param shown what becomes of each text before it is written */
export async function writeStream(
  stream: Writable,
  texts: AsyncIterable<string>,
  shown: (text: string) => string,
): Promise<void> {
  for await (const text of texts) {
    if (text !== '' && !stream.write(shown(text))) await once(stream, 'drain');
  }
}
