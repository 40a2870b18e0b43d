// How values stand on a page: numbers short, the exact value on hover.

import { cellOf } from '../answers/index.ts';
import { type Html, html } from '../html/index.ts';

const DIGITS = 4;
const MOST_CHARACTERS = 300;

export function valueHtml(value: unknown): Html {
  if (value instanceof Date)
    return html`<time title="${value.toISOString()}">${value.toISOString().slice(0, 19).replace('T', ' ')}</time>`;
  if (isPlainMap(value))
    return html`${Object.entries(value)
      .map(([key, inner]) => `${key} ${String(cellOf(inner))}`)
      .join(', ')}`;
  const cell = cellOf(value);
  if (cell === null) return html`<span class="faint">–</span>`;
  const text = String(cell);
  const short = typeof cell === 'number' ? numberText(cell) : shortened(text);
  return short === text ? html`${text}` : html`<span title="${text.slice(0, 5_000)}">${short}</span>`;
}

/** Whole numbers in full, others with four significant digits. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(DIGITS))) : value.toExponential(DIGITS - 1);
}

export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

/** Such as the axis values of a cell. */
function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
