// The first rows of an answer, whatever its length.

import type { QueryResult } from '../../store/index.ts';

/** Ends reading after `most` rows; the first batch may have none. undefined = all rows. */
export async function* limited<Batch extends QueryResult>(
  batches: AsyncIterable<Batch>,
  most: number | undefined,
): AsyncGenerator<Batch, void, undefined> {
  let left = most ?? Number.POSITIVE_INFINITY;
  for await (const batch of batches) {
    yield left < batch.rows.length ? { ...batch, rows: batch.rows.slice(0, left) } : batch;
    left -= batch.rows.length;
    if (left <= 0) return;
  }
}
