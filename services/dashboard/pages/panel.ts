// The answer to a named query on a page: heading, rows, how many of how many, its SQL, its CSV, and what to beware of.

import { type Html, html, NOTHING } from '../../html/index.ts';
import { cellLink, csvLink, queryLink } from '../links.ts';
import type { Answer, Row } from '../questions.ts';
import { numberOf, records } from '../questions.ts';
import { valueHtml } from '../values.ts';

const MOST_ROWS = 200;

export interface PanelOptions {
  readonly heading: string;
  /** What stands above the rows, such as a figure. */
  readonly above?: Html;
  /** Instead of the table. */
  readonly body?: Html;
  /** Cells of a column by name, where they are more than a value. */
  readonly cells?: Readonly<Record<string, (row: Row) => Html>>;
  /** Columns that the page already says. */
  readonly without?: readonly string[];
  readonly empty: string;
  readonly most?: number;
}

export function panel(answer: Answer, options: PanelOptions): Html {
  const { heading, above = NOTHING, body, empty, most = MOST_ROWS } = options;
  const { rows, query, parameters, sql } = answer;
  const shown = Math.min(rows.length, most);
  return html`<section><h2>${heading}</h2>
<p class="faint">${query.question} Units: ${query.units}.</p>
${rows.length === 0 ? html`<p class="empty">${empty}</p>` : html`${above}${body ?? tableHtml(answer, options, shown)}`}
<p class="source">${rows.length === 0 ? NOTHING : html`Showing ${body === undefined ? shown : rows.length} of ${rows.length} ${rows.length === 1 ? 'row' : 'rows'}. `}
<a href="${queryLink(query.name, parameters)}">${query.name}</a> · <a href="${csvLink(query.name, parameters)}">CSV</a></p>
<details><summary>SQL, and what to beware of</summary><p>${query.caveat}</p><pre tabindex="0">${sql};</pre></details></section>`;
}

function tableHtml(answer: Answer, { cells = {}, without = [] }: Partial<PanelOptions>, most: number): Html {
  const columns = answer.columns.filter((column) => !without.includes(column));
  const rows = records(answer).slice(0, most);
  const isNumber = (column: string): boolean =>
    !(column in cells) &&
    rows.some((row) => typeof row[column] === 'number') &&
    rows.every((row) => row[column] === null || typeof row[column] === 'number');
  const kinds = new Map(columns.map((column) => [column, isNumber(column) ? 'number' : 'text'] as const));
  const head = columns.map(
    (column) => html`<th scope="col" class="${kinds.get(column) ?? 'text'}">${column.replaceAll('_', ' ')}</th>`,
  );
  const line = (row: Row): Html =>
    html`<tr>${columns.map((column) => html`<td class="${kinds.get(column) ?? 'text'}">${cells[column]?.(row) ?? cellNumber(answer, column, row) ?? valueHtml(row[column])}</td>`)}</tr>\n`;
  return html`<div class="wide" tabindex="0" role="group" aria-label="table"><table><thead><tr>${head}</tr></thead>
<tbody>${rows.map(line)}</tbody></table></div>`;
}

/** The number of a cell leads to its page. */
function cellNumber({ parameters }: Answer, column: string, row: Row): Html | null {
  const { sweep } = parameters;
  const cell = numberOf(row, 'cell');
  if (column !== 'cell' || cell === null || typeof sweep !== 'string') return null;
  return html`<a href="${cellLink(sweep, cell)}">${cell}</a>`;
}
