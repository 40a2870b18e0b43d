// Queries of people over the views of schema study: text with `$n` for values, rows checked once at the edge. Each query is a file where
// it is used. Values are written into the text, so that what is printed for people is what was run.

import { z } from 'zod';
import type { Reader } from './reader.ts';

export type StudyReader = Pick<Reader, 'query'>;

export interface StudyQuery<Row> {
  readonly text: string;
  readonly row: z.ZodType<Row>;
}

type Value = string | number | null;

/** double precision: a diverged run has NaN and infinities, which z.number() refuses. */
export const float8 = z.custom<number>((value) => typeof value === 'number', 'not a number');

export async function readRows<Row>(
  reader: StudyReader,
  query: StudyQuery<Row>,
  values: readonly Value[],
): Promise<readonly Row[]> {
  const { columns, rows } = await reader.query(sqlOf(query, values));
  return rows.map((row) => query.row.parse(Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
}

/** @returns the statement as it is run: `$1::text` becomes a literal; null keeps its cast, without which it has no type */
export function sqlOf(query: Pick<StudyQuery<unknown>, 'text'>, values: readonly Value[]): string {
  const text = query.text.replace(/\$([1-9])(::[a-z]+)/g, (_, digit: string, cast: string) => {
    const value = values[Number(digit) - 1];
    if (value === undefined) throw new RangeError(`the query has no value for $${digit}`);
    return value === null ? `null${cast}` : typeof value === 'number' ? String(value) : quoted(value);
  });
  return text.trim();
}

/** As standard_conforming_strings (the default since Postgres 9.1) reads it: only the quote is special. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
