// Text that comes in chunks, cut at a separator. Time is in proportion to the text, whatever the lengths of pieces and chunks: nothing that was
// looked at is looked at again.

import type { LatentSweepError } from '../../../workflows/domain/errors.ts';

/** UTF-8 bytes of one piece: the byte tokenizer makes a list of them, and a list that grows beyond 1.1e8 items ends the process (V8 of Node 20). */
export const MOST_PIECE_BYTES = 100_000_000;

/**
 * What stands between separators, the separators left out.
 * @param separator null = all of it as one piece
 * @param tooLong what is thrown for a piece beyond MOST_PIECE_BYTES, with its number from 0
 */
export async function* splitText(
  chunks: AsyncIterable<string>,
  separator: string | null,
  tooLong: (piece: number) => LatentSweepError,
): AsyncGenerator<string> {
  /** Parts of the piece that is open, none of which ends in the beginning of a separator. */
  let parts: string[] = [];
  let openBytes = 0;
  /** May end in the beginning of a separator. */
  let rest = '';
  let count = 0;
  const keep = separator === null ? 0 : separator.length - 1;
  for await (const chunk of chunks) {
    const pieces = separator === null ? [rest + chunk] : (rest + chunk).split(separator);
    rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      yield [...parts, piece].join('');
      parts = [];
      openBytes = 0;
      count++;
    }
    const done = rest.slice(0, rest.length - Math.min(keep, rest.length));
    parts.push(done);
    openBytes += Buffer.byteLength(done);
    if (openBytes > MOST_PIECE_BYTES) throw tooLong(count);
    rest = rest.slice(done.length);
  }
  yield [...parts, rest].join('');
}
