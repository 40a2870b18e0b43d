// Views and their columns for a terminal: each with what it means below it. Pure.

import type { ColumnRow, ViewRow } from '../queries/views.ts';
import { wrapText } from './wrap-text.ts';

const INDENT = '    ';

/** @param width columns of the terminal @param lsweep how the person calls this program */
export function viewListText(views: readonly ViewRow[], width: number, lsweep: string): string {
  const entries = views.map(({ view, columns, comment }) =>
    [`study.${view}  (${columns} columns)`, ...wrapText(comment, width, INDENT, INDENT)].join('\n'),
  );
  return `${entries.join('\n')}\n\nIts columns: ${lsweep} views cells`;
}

/** @param comment what a row of the view is */
export function viewText(view: string, comment: string, columns: readonly ColumnRow[], width: number): string {
  const entries = columns.map(({ column, type, comment: meaning }) =>
    [`${column}  ${type}`, ...wrapText(meaning, width, INDENT, INDENT)].join('\n'),
  );
  return [`study.${view}`, ...wrapText(comment, width, '', ''), '', ...entries].join('\n');
}
