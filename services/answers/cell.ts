// A value of an answer as one cell: numbers as JavaScript prints them, times as ISO 8601 in UTC, structures as JSON.

/** null = no value. */
export type Cell = string | number | boolean | bigint | null;

export function cellOf(value: unknown): Cell {
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
  return JSON.stringify(value, finiteOrText);
}

/** JSON has no NaN and no infinities; null would hide that there was a value. */
export function finiteOrText(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
