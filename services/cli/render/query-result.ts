// The answer to a person's query in three forms. Values are exact: numbers as JavaScript prints them, times as ISO 8601 in UTC.

import { stringify } from 'csv-stringify/sync';
import type { QueryResult } from '../../store/index.ts';
import { type Cell, left, renderTable, right } from './table.ts';

/** One object per row; of columns with the same name every further one gets a number: `value`, `value_2`. */
export function jsonRows({ columns, rows }: QueryResult): readonly Readonly<Record<string, unknown>>[] {
  const names = distinctNames(columns);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, jsonValue(row[i] ?? null)])));
}

export function csvOf({ columns, rows }: QueryResult): string {
  return stringify([columns, ...rows.map((row) => row.map((value) => cellOf(value) ?? ''))], {
    cast: { boolean: (value) => (value ? 'true' : 'false') },
  });
}

/** Ends with the number of rows, as psql does. */
export function tableOf({ columns, rows }: QueryResult): string {
  const headings = columns.map((name, i) => {
    const values = rows.map((row) => row[i] ?? null).filter((value) => value !== null);
    return values.length > 0 && values.every((value) => typeof value === 'number') ? right(name) : left(name);
  });
  const count = rows.length === 1 ? '1 row' : `${rows.length} rows`;
  const table =
    columns.length === 0
      ? ''
      : `${renderTable(
          headings,
          rows.map((row) => row.map(cellOf)),
        )}\n`;
  return `${table}(${count})\n`;
}

function distinctNames(columns: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return columns.map((column) => {
    let name = column;
    for (let n = 2; taken.has(name); n++) name = `${column}_${n}`;
    taken.add(name);
    return name;
  });
}

/** JSON has no NaN and no infinities; null would hide that there was a value. */
function jsonValue(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'bigint'
  ) {
    return value;
  }
  return JSON.stringify(value);
}
