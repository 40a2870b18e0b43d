// The last rows of a terminal, redrawn in place. Own code instead of a multi-bar library: the number of rows changes with every
// phase that starts or ends, and lines above the area must stay where they are. Each frame is one write, each row is overwritten
// and then cleared to its end, so nothing flickers; the cursor is never hidden, so a killed process leaves a usable terminal.

import { cutLine, paintLine, type StyledLine, widthOf } from './styled-line.ts';

/** The part of a terminal stream that is used; tests give their own. */
export interface Terminal {
  write(text: string): unknown;
  readonly columns: number;
  readonly rows: number;
}

/** Rows at the bottom of a terminal; once `end` was called nothing may be drawn any more. */
export interface LiveArea {
  /** Replaces the rows of the area. */
  draw(lines: readonly StyledLine[]): void;
  /** Prints lines above the area; they stay. */
  print(lines: readonly StyledLine[]): void;
  /** Leaves the last frame where it is, or removes it. */
  end(how: 'keep' | 'clear'): void;
}

const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** Draws nothing yet. Rows are cut to the size of the terminal at each draw, so it may be resized. */
export function openLiveArea(terminal: Terminal, color: boolean): LiveArea {
  let shown: readonly StyledLine[] = [];
  const columns = (): number => terminal.columns || DEFAULT_COLUMNS;

  /** Back to the first row of the area; rows that a narrower window has wrapped since count for what they take now. */
  const home = (): string => {
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns())), 0);
    return rows === 0 ? '' : `\u001b[${rows}A\r`;
  };
  const rowsOf = (lines: readonly StyledLine[]): string =>
    lines.map((line) => `${paintLine(line, color)}${CLEAR_TO_LINE_END}\n`).join('');
  /** One column and one row stay free: a full last column wraps, a full screen scrolls. */
  const fit = (lines: readonly StyledLine[]): readonly StyledLine[] =>
    lines.slice(0, Math.max(1, (terminal.rows || DEFAULT_ROWS) - 1)).map((line) => cutLine(line, columns() - 1));

  return {
    draw: (lines) => {
      const next = fit(lines);
      terminal.write(`${home()}${rowsOf(next)}${CLEAR_BELOW}`);
      shown = next;
    },
    print: (lines) => {
      terminal.write(`${home()}${rowsOf(lines)}${rowsOf(shown)}${CLEAR_BELOW}`);
    },
    end: (how) => {
      if (how === 'clear') terminal.write(`${home()}${CLEAR_BELOW}`);
      shown = [];
    },
  };
}
