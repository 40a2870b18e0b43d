// Accuracy over two axes as a table whose cells are shaded by it, with their number of finished cells and spread.

import { type Html, html } from '../../html/index.ts';
import { numberOf, type Row, textOf } from '../questions.ts';
import { percentText } from '../values.ts';

/** Shades of style.css. */
const SHADES = 8;

/** @param rows of the query accuracy-grid, of one task */
export function gridTable(rows: readonly Row[], axes: { readonly x: string; readonly y: string }): Html {
  const xs = distinct(rows.map((row) => textOf(row, 'x')));
  const ys = distinct(rows.map((row) => textOf(row, 'y')));
  const at = new Map(rows.map((row) => [JSON.stringify([textOf(row, 'x'), textOf(row, 'y')]), row]));
  const values = rows.map((row) => numberOf(row, 'accuracy')).filter((value) => value !== null);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const head = xs.map((x) => html`<th scope="col" class="number">${x}</th>`);
  const line = (y: string): Html =>
    html`<tr><th scope="row">${y}</th>${xs.map((x) => gridCell(at.get(JSON.stringify([x, y])), low, high))}</tr>\n`;
  return html`<div class="wide" tabindex="0" role="group" aria-label="accuracy by ${axes.y} and ${axes.x}">
<table class="grid"><thead><tr><th scope="col">${axes.y} \\ ${axes.x}</th>${head}</tr></thead><tbody>${ys.map(line)}</tbody></table></div>`;
}

function gridCell(row: Row | undefined, low: number, high: number): Html {
  if (row === undefined) return html`<td class="faint number" title="no such cell">·</td>`;
  const [accuracy, n, cells] = [numberOf(row, 'accuracy'), numberOf(row, 'n') ?? 0, numberOf(row, 'cells') ?? 0];
  if (accuracy === null) return html`<td class="number faint">none of ${cells}</td>`;
  const sd = numberOf(row, 'accuracy_sd');
  const shade = high > low ? Math.round(((SHADES - 1) * (accuracy - low)) / (high - low)) : 0;
  return html`<td class="number shade${shade}">${percentText(accuracy)}<br><small>${sd === null ? '' : `± ${(100 * sd).toFixed(1)}, `}n ${n === cells ? n : `${n} of ${cells}`}</small></td>`;
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
