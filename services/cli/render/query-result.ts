// The answer to a person's query as JSON, made batch by batch for answers of any length, and as a table, which is for looking and says what it
// leaves out. CSV is in services/answers.

import { type Cell, cellOf, finiteOrText } from '../../answers/index.ts';
import type { QueryResult } from '../../store/index.ts';
import { distinctNames } from './distinct-names.ts';
import { left, renderTable, right } from './table.ts';

/** Of a table: cli-table3 takes about 0.1 ms for a cell, and every cell gets the width of the widest of its column. */
const MOST_ROWS = 1000;
const MOST_CELLS = 10_000;
const MOST_CHARACTERS = 500;

/** Rows to ask for at a time: one more than a table shows, to know whether there are more. */
export const BATCH_ROWS = MOST_ROWS + 1;

type Batches = AsyncIterable<QueryResult>;

/** Text of one JSON array, one object per row; of columns with the same name every further one gets a number: `value`, `value_2`. */
export async function* jsonOf(batches: Batches): AsyncGenerator<string, void, undefined> {
  let before = '[';
  for await (const batch of batches) {
    let text = '';
    for (const row of jsonRows(batch)) {
      text += `${before}\n  ${JSON.stringify(row, finiteOrText, 2).replaceAll('\n', '\n  ')}`;
      before = ',';
    }
    yield text;
  }
  yield before === '[' ? '[]\n' : '\n]\n';
}

function jsonRows({ columns, rows }: QueryResult): readonly Readonly<Record<string, unknown>>[] {
  const names = distinctNames(columns);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? null])));
}

/**
 * Ends with the number of rows, as psql does, or with what is left out. Reads no more than it shows.
 * @param limit rows that were asked for; undefined = as many as a table shows
 */
export async function* tableOf(batches: Batches, limit?: number): AsyncGenerator<string, void, undefined> {
  for await (const { columns, rows } of batches) {
    const fits = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / Math.max(1, columns.length))));
    const most = Math.min(fits, limit ?? fits);
    yield tableText({ columns, rows: rows.slice(0, most) }, rows.length > most);
    return;
  }
}

function tableText({ columns, rows }: QueryResult, isCut: boolean): string {
  const headings = columns.map((name, i) => {
    const values = rows.map((row) => row[i] ?? null).filter((value) => value !== null);
    return values.length > 0 && values.every((value) => typeof value === 'number') ? right(name) : left(name);
  });
  const cells = rows.map((row) => row.map(cellOf));
  const isShortened = cells.some((row) => row.some(isLong));
  const shown = cells.map((row) => row.map((cell) => (isLong(cell) ? `${cell.slice(0, MOST_CHARACTERS)}…` : cell)));
  const table = columns.length === 0 ? '' : `${renderTable(headings, shown)}\n`;
  const count = rows.length === 1 ? '1 row' : `${rows.length} rows`;
  const notes = [
    isCut ? `the first ${count}; there are more` : count,
    ...(isShortened ? [`texts of more than ${MOST_CHARACTERS} characters are cut`] : []),
    ...(isCut || isShortened ? ['--csv or --json for everything'] : []),
  ];
  return `${table}(${notes.join('; ')})\n`;
}

function isLong(cell: Cell): cell is string {
  return typeof cell === 'string' && cell.length > MOST_CHARACTERS;
}
