// Makes a table fit a terminal: leaves out spare columns, then cuts words in the middle. Numbers (columns aligned right) are never cut, so a
// table of many numbers may stay wider than the terminal. Pure.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import type { Cell, Column } from './column.ts';

const GAP = 2;
/** Width that a column of words keeps while a spare column is left; below it words are hard to tell apart. */
const READABLE = 16;
const LEAST = 4;

interface Fitted {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** @param width columns of the terminal */
export function fitTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], width: number): Fitted {
  const texts = rows.map((row) => columns.map((_, i) => visibleLine(String(row[i] ?? ''))));
  const natural = columns.map(({ heading }, i) =>
    texts.reduce((widest, row) => Math.max(widest, row[i]?.length ?? 0), heading.length),
  );
  let kept = columns.map((_, i) => i);
  const needed = () =>
    kept.reduce((sum, i) => sum + (isWords(columns[i]) ? Math.min(READABLE, natural[i] ?? 0) : (natural[i] ?? 0)), 0) +
    GAP * (kept.length - 1);
  while (needed() > width) {
    const last = kept.findLast((i) => columns[i]?.spare === true);
    if (last === undefined) break;
    kept = kept.filter((i) => i !== last);
  }
  const widths = narrowed(kept, columns, natural, width);
  return {
    columns: kept
      .flatMap((i) => columns[i] ?? [])
      .map((column, k) => ({
        ...column,
        heading: cutMiddle(column.heading, widths[k] ?? 0),
      })),
    rows: texts.map((row) => kept.map((i, k) => cutMiddle(row[i] ?? '', widths[k] ?? 0))),
  };
}

/** Takes from the widest column of words until the line fits. */
function narrowed(
  kept: readonly number[],
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
): readonly number[] {
  const widths = kept.map((i) => natural[i] ?? 0);
  let over = widths.reduce((sum, one) => sum + one, GAP * (kept.length - 1)) - width;
  while (over > 0) {
    const words = kept.map((i, k) => (isWords(columns[i]) ? (widths[k] ?? 0) : 0));
    const widest = Math.max(...words);
    if (widest <= LEAST) break;
    widths[words.indexOf(widest)] = widest - 1;
    over -= 1;
  }
  return widths;
}

function isWords(column: Column | undefined): boolean {
  return column?.align === 'left';
}

/** `a-long-name-of-a-sweep` to `a-long…-sweep`: beginnings and ends tell names apart. */
function cutMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - end)}…${end === 0 ? '' : text.slice(-end)}`;
}
