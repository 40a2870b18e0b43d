// The answer to a query as CSV, batch by batch.

import { stringify } from 'csv-stringify/sync';
import { type QueryResult, spreadsheetText } from '../store/index.ts';
import { type Cell, cellOf } from './cell.ts';

type Batches = AsyncIterable<QueryResult>;

/** RFC 4180, with a heading; text that a spreadsheet would run has a quote in front. */
export async function* csvChunks(batches: Batches): AsyncGenerator<string, void, undefined> {
  let isFirst = true;
  for await (const { columns, rows } of batches) {
    const heading = isFirst ? [columns.map(spreadsheetText)] : [];
    isFirst = false;
    yield stringify([...heading, ...rows.map((row) => row.map(csvValue))], {
      cast: { boolean: (value) => (value ? 'true' : 'false') },
    });
  }
}

function csvValue(value: unknown): Exclude<Cell, null> {
  const cell = cellOf(value);
  return typeof cell === 'string' ? spreadsheetText(cell) : (cell ?? '');
}
