// Rows as a table for people, ruled under the head only and without colours, so that it can be copied. Pure.

import Table from 'cli-table3';
import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import type { Cell, Column } from './column.ts';
import { fitTable } from './fit-table.ts';

export type { Cell, Column };

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** A column of words. */
export const left = (heading: string): Column => ({ heading, align: 'left' });
/** A column of numbers. */
export const right = (heading: string): Column => ({ heading, align: 'right' });

/** A column that a narrow terminal may do without. */
export const spare = (column: Column): Column => ({ ...column, spare: true });

/**
 * @param width of the terminal, columns; null = as wide as the cells are
 * @returns lines without a newline at the end; null cells are empty, control characters are escaped
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number | null = null,
): string {
  if (width !== null) {
    const fitted = fitTable(columns, rows, width);
    const left = columns.length - fitted.columns.length;
    const note = left === 0 ? '' : `\n(${left === 1 ? '1 column' : `${left} columns`} left out; --wide shows all)`;
    return renderTable(fitted.columns, fitted.rows) + note;
  }
  const table = new Table({
    head: columns.map(({ heading }) => visibleLine(heading)),
    chars: NO_BORDERS,
    colAligns: columns.map(({ align }) => align),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  // one by one: a call takes some 100,000 arguments, and rows may be more
  for (const row of rows) table.push(columns.map((_, i) => cellText(row[i] ?? null)));
  const [head = '', ...body] = table.toString().split('\n');
  const rule = '─'.repeat(body.reduce((widest, line) => Math.max(widest, line.length), head.length));
  return [head, rule, ...body].map((line) => line.trimEnd()).join('\n');
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  return visibleLine(String(cell));
}
