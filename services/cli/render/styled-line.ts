// A line of the terminal as pieces with a style, cut to the terminal's width before escape codes are added: a live area that
// lets a line wrap loses count of its rows. Pure.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';

/** One style at a time; `plain` is the terminal's own. */
export type Style = 'plain' | 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Text of one style, without control characters. */
export interface Piece {
  readonly text: string;
  readonly style: Style;
}

/** One row of the terminal. */
export type StyledLine = readonly Piece[];

const ESCAPES = {
  plain: ['', ''],
  bold: ['\u001b[1m', '\u001b[22m'],
  dim: ['\u001b[2m', '\u001b[22m'],
  red: ['\u001b[31m', '\u001b[39m'],
  green: ['\u001b[32m', '\u001b[39m'],
  yellow: ['\u001b[33m', '\u001b[39m'],
  cyan: ['\u001b[36m', '\u001b[39m'],
} as const satisfies Record<Style, readonly [string, string]>;

/** Control characters in `text` are made visible. */
export const piece = (text: string, style: Style = 'plain'): Piece => ({ text: visibleLine(text), style });

/** Columns, one for each UTF-16 unit. */
export const widthOf = (line: StyledLine): number => line.reduce((sum, { text }) => sum + text.length, 0);

/** @param width columns; longer lines end with an ellipsis */
export function cutLine(line: StyledLine, width: number): StyledLine {
  if (widthOf(line) <= width) return line;
  const cut: Piece[] = [];
  let left = Math.max(0, width - 1);
  for (const { text, style } of line) {
    if (left === 0) break;
    cut.push({ text: text.slice(0, left), style });
    left -= Math.min(left, text.length);
  }
  return [...cut, piece(width > 0 ? '…' : '')];
}

/** With escape codes where `color`, else the bare text. */
export function paintLine(line: StyledLine, color: boolean): string {
  return line.map(({ text, style }) => (color ? `${ESCAPES[style][0]}${text}${ESCAPES[style][1]}` : text)).join('');
}
