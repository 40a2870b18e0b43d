// What a table is made of: its cells and its columns.

/** What may stand in a table; null is an empty cell. */
export type Cell = string | number | bigint | boolean | null;

/** Heading and alignment. */
export interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
  /** Left out where the terminal is too narrow, the last such column first. */
  readonly spare?: true;
}
