// How this folder's queries are run: text with `$n::type` casts, rows checked once at the edge. Each query is a file; all of them
// read the views of schema study as the read-only role.

import { z } from 'zod';

export interface StudyQuery<Row> {
  readonly text: string;
  readonly row: z.ZodType<Row>;
}

/** The part of the store's reader that is used. */
export interface StudyReader {
  /** @throws LatentSweepError STORE_UNREACHABLE when Postgres stays away */
  rows(text: string, values: readonly unknown[]): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

/** double precision: a diverged run has NaN and infinities, which z.number() refuses. */
export const float8 = z.custom<number>((value) => typeof value === 'number', 'not a number');

export async function readRows<Row>(
  reader: Pick<StudyReader, 'rows'>,
  query: StudyQuery<Row>,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const rows = await reader.rows(query.text, values);
  return rows.map((row) => query.row.parse(row));
}

/** The query as a person can paste it: sweep names are lower-case letters, digits and dashes, so quoting is enough. */
export function printableSql(query: Pick<StudyQuery<unknown>, 'text'>, sweep: string): string {
  return query.text.replaceAll('$1::text', `'${sweep.replaceAll("'", "''")}'`).trim();
}
