// Queries of this program over the views of schema study: SQL with its values in place, rows checked once at the edge. Each query is a file
// where it is used. Values become literals where they stand in the template, so that what is printed for people is what was run; nothing
// ever looks for places inside a finished text.

import pg from 'pg';
import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Reader } from './reader.ts';

/** All that a query of ours needs of a reader. */
export type StudyReader = Pick<Reader, 'query'>;

/** What may stand in a query: text, a number, or null. null has no type of its own: write a cast behind it. */
export type SqlValue = string | number | null;

/** A query over the views of schema study, with the form of its rows. */
export interface StudyQuery<Row, Values extends readonly SqlValue[] = readonly [sweep: string]> {
  /** The statement as it is run and as it is printed. */
  readonly sql: (...values: Values) => string;
  readonly row: z.ZodType<Row>;
}

/** double precision: a diverged run has NaN and infinities, which z.number() refuses. */
export const float8 = z.custom<number>((value) => typeof value === 'number', 'not a number');

/**
 * Runs the query and checks every row. @throws LatentSweepError SQL_FAILED, STORE_UNREACHABLE; ZodError when a view
 * has other columns
 */
export async function readRows<Row, Values extends readonly SqlValue[]>(
  reader: StudyReader,
  query: StudyQuery<Row, Values>,
  values: Values,
): Promise<readonly Row[]> {
  const { columns, rows } = await reader.query(query.sql(...values));
  return rows.map((row) => query.row.parse(Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
}

/** `sql\`select ... where sweep = ${sweep}\``: the text with every value as a literal, without space around it. */
export function sql(parts: TemplateStringsArray, ...values: readonly SqlValue[]): string {
  return parts
    .map((part, i) => (i === 0 ? part : `${sqlLiteral(values[i - 1] ?? null)}${part}`))
    .join('')
    .trim();
}

/** The value as SQL writes it. @throws LatentSweepError INPUT_INVALID for text with a null character */
export function sqlLiteral(value: SqlValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  if (!Number.isFinite(value)) return `'${value}'::double precision`;
  // a minus behind a minus would begin a comment
  return value < 0 ? `(${value})` : String(value);
}

/** Right under every setting of standard_conforming_strings: pg writes E'...' where a backslash stands. */
function quoted(text: string): string {
  if (text.includes('\0'))
    throw new LatentSweepError('INPUT_INVALID', 'a value has a null character, which text in Postgres cannot have');
  return pg.escapeLiteral(text);
}
