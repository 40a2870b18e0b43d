// The answer to a query as a Parquet file, one row group after the other, so that no answer has to fit into memory. Column types are those that
// Postgres told; what Parquet has no type for (lists, documents) is JSON text, and what Postgres prints as text (dates, intervals) stays text.

import { rename, rm } from 'node:fs/promises';
import { type BasicType, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { finiteOrText } from '../../answers/index.ts';
import type { TypedResult } from '../../store/index.ts';
import { distinctNames } from './distinct-names.ts';

/** Of a row group: what is in memory at a time, and what a reader can skip at a time. */
export const ROWS_PER_GROUP = 20_000;

interface Column {
  readonly type: BasicType;
  readonly valueOf: (value: unknown) => unknown;
}

const asIs = (value: unknown): unknown => value;
const asText = (value: unknown): unknown =>
  typeof value === 'string' ? value : value instanceof Date ? value.toISOString() : JSON.stringify(value, finiteOrText);
const TEXT: Column = { type: 'STRING', valueOf: asText };
/** By the object id that Postgres has for the type (pg_type.oid). */
const COLUMNS = new Map<number, Column>([
  [16, { type: 'BOOLEAN', valueOf: asIs }],
  // beyond 2^53 the reader has text
  [20, { type: 'INT64', valueOf: (value) => (typeof value === 'string' ? BigInt(value) : BigInt(Number(value))) }],
  [21, { type: 'INT32', valueOf: asIs }],
  [23, { type: 'INT32', valueOf: asIs }],
  [700, { type: 'DOUBLE', valueOf: asIs }],
  [701, { type: 'DOUBLE', valueOf: asIs }],
  [1700, { type: 'DOUBLE', valueOf: asIs }],
  // a moment beyond the year 275760 is text to the reader, and no moment that Parquet's readers know
  [1184, { type: 'TIMESTAMP', valueOf: (value) => (value instanceof Date ? value : null) }],
]);

/**
 * Writes beside the file and puts it in its place when it is whole. Two columns of one name get numbers.
 * @param batches of about ROWS_PER_GROUP rows each @returns the number of rows
 */
export async function writeParquet(path: string, batches: AsyncIterable<TypedResult>): Promise<number> {
  const partial = `${path}.${process.pid}.partial`;
  let rows = 0;
  let writer: ParquetWriter | null = null;
  try {
    for await (const { columns, typeIds, rows: batch } of batches) {
      const names = distinctNames(columns);
      const kinds = typeIds.map((id) => COLUMNS.get(id) ?? TEXT);
      const columnData = names.map((name, i) => {
        const { type, valueOf } = kinds[i] ?? TEXT;
        const data = batch.map((row) => (row[i] === null || row[i] === undefined ? null : valueOf(row[i])));
        return { name, type, nullable: true, data };
      });
      writer ??= new ParquetWriter({
        writer: fileWriter(partial),
        schema: schemaFromColumnData({ columnData }),
        createdBy: 'latent-sweep',
      });
      if (batch.length > 0)
        await writer.write({
          columnData: columnData.map(({ name, data }) => ({ name, data })),
          rowGroupSize: batch.length,
        });
      rows += batch.length;
    }
    await writer?.finish();
    await rename(partial, path);
    return rows;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
