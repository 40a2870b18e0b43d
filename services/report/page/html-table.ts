// Tables of a page: columns as data, rows beyond a number left to the CSV beside the page.

import { type Html, html, NOTHING } from '../../html/index.ts';

export interface PageColumn<Row> {
  readonly heading: string;
  readonly kind: 'text' | 'words' | 'number';
  readonly cell: (row: Row) => Html | string;
  /** Left out where it says nothing about any row. */
  readonly needed?: (rows: readonly Row[]) => boolean;
}

export interface PageTable<Row> {
  readonly columns: readonly PageColumn<Row>[];
  readonly rows: readonly Row[];
  /** File with all rows. */
  readonly csv: string;
}

/** A longer table is looked at with other programs. */
const MOST_ROWS = 300;

export function htmlTable<Row>({ columns, rows, csv }: PageTable<Row>): Html {
  const shown = columns.filter(({ needed }) => needed === undefined || needed(rows));
  const rest = rows.length - MOST_ROWS;
  return html`<div class="wide"><table><thead><tr>${shown.map(({ heading, kind }) => html`<th class="${kind}">${heading}</th>`)}</tr></thead>
<tbody>${rows.slice(0, MOST_ROWS).map((row) => html`<tr>${shown.map(({ kind, cell }) => html`<td class="${kind}">${cell(row)}</td>`)}</tr>\n`)}</tbody></table></div>
${rest > 0 ? html`<p class="faint">${rest} more rows in ${csv}.</p>` : NOTHING}`;
}

/** How the numbers were read, to be run again. */
export function sqlDetails(sql: string): Html {
  return html`<details><summary>SQL</summary><pre>${sql}</pre></details>`;
}
