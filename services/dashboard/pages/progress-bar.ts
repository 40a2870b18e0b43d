// Cells by state as one bar, with the same in words.

import { type Html, html } from '../../html/index.ts';
import { numberOf, type Row } from '../questions.ts';

/** In the order in which a cell comes through them. */
const STATES = ['finished', 'failed', 'stopped_early', 'running', 'waiting', 'paused', 'cancelled', 'planned'] as const;

export function progressBar(sweep: Row): Html {
  const total = numberOf(sweep, 'cells') ?? 0;
  const counts = STATES.map((state) => ({ state, count: numberOf(sweep, state) ?? 0 })).filter(
    ({ count }) => count > 0,
  );
  const words = counts.map(({ state, count }) => `${count} ${state.replaceAll('_', ' ')}`).join(', ');
  let at = 0;
  const parts = counts.map(({ state, count }) => {
    const part = html`<rect class="${state}" x="${(1000 * at) / total}" width="${(1000 * count) / total}" height="10"></rect>`;
    at += count;
    return part;
  });
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="${words}">${total === 0 ? [] : parts}</svg>
<span class="counts">${words === '' ? 'no cells yet' : `${words} of ${total}`}</span>`;
}

/** Whether its numbers still change. */
export function isOpen(sweep: Row | undefined): boolean {
  return sweep?.['state'] === 'running' || sweep?.['state'] === 'planning';
}
