// The table of cells: one row per point of the grid, its seeds together, the published value beside it.

import { type Html, html } from '../../html/index.ts';
import type { CellGroup } from '../findings/cell-groups.ts';
import type { PublishedModel } from '../published/published-results.ts';
import { htmlTable, type PageColumn } from './html-table.ts';
import { intervalText, numberText, percentText, pointsText } from './quantities.ts';

const varies =
  (of: (group: CellGroup) => unknown) =>
  (groups: readonly CellGroup[]): boolean =>
    new Set(groups.map(of)).size > 1;
const some =
  (of: (group: CellGroup) => unknown) =>
  (groups: readonly CellGroup[]): boolean =>
    groups.some((group) => of(group) !== null && of(group) !== '');

const COLUMNS: readonly PageColumn<CellGroup>[] = [
  { heading: 'task', kind: 'text', cell: ({ task }) => task, needed: varies(({ task }) => task) },
  { heading: 'split', kind: 'text', cell: ({ split }) => split ?? '', needed: varies(({ split }) => split) },
  { heading: 'system', kind: 'text', cell: ({ system }) => system },
  { heading: 'N_L', kind: 'number', cell: ({ latents }) => String(latents) },
  { heading: 'channel', kind: 'text', cell: ({ channel }) => channel ?? '', needed: some(({ channel }) => channel) },
  { heading: 'floats per latent', kind: 'number', cell: (group) => numberText(group.capacityFloatsPerLatent) },
  { heading: 'also', kind: 'text', cell: ({ rest }) => rest, needed: some(({ rest }) => rest) },
  { heading: 'accuracy %', kind: 'number', cell: ({ accuracy }) => percentText(accuracy) },
  { heading: '95 % interval', kind: 'number', cell: ({ interval }) => intervalText(interval) },
  { heading: 'chance', kind: 'number', cell: ({ chance }) => percentText(chance) },
  { heading: 'items', kind: 'number', cell: ({ items }) => numberText(items) },
  { heading: 'seeds', kind: 'number', cell: seedsText },
  { heading: 'loss', kind: 'number', cell: ({ loss }) => numberText(loss) },
  {
    heading: 'perplexity',
    kind: 'number',
    cell: ({ perplexity }) => numberText(perplexity),
    needed: some(({ perplexity }) => perplexity),
  },
  { heading: 'published %', kind: 'text', cell: publishedText, needed: some(({ published }) => published) },
  { heading: 'difference', kind: 'number', cell: differenceText, needed: some(({ published }) => published) },
];

export function cellsTable(groups: readonly CellGroup[]): Html {
  return htmlTable({ columns: COLUMNS, rows: groups, csv: 'cells.csv' });
}

function seedsText({ finished, cells }: CellGroup): string {
  return finished === cells ? String(cells) : `${finished} of ${cells}`;
}

const MODEL_NAMES = { gpt2: 'GPT-2 124M', qwen3: 'Qwen-3 0.6B' } as const satisfies Record<PublishedModel, string>;

/** `GPT-2 124M and Qwen-3 0.6B`; empty where nothing published stands beside the cells. */
export function publishedModels(groups: readonly CellGroup[]): string {
  const models = groups.flatMap(({ published }) => (published === null ? [] : [MODEL_NAMES[published.result.model]]));
  return [...new Set(models)].join(' and ');
}

function publishedText({ published, latents }: CellGroup): Html | string {
  if (published === null) return '';
  const { accuracyPercent, readOff, source, latents: at } = published.result;
  const budget = at === null || at === latents ? '' : `, N_L = ${at}`;
  const value = `${readOff ? 'about ' : ''}${accuracyPercent.toFixed(1)}`;
  return html`${value} <span class="faint">${source}${budget}</span>`;
}

function differenceText({ published, accuracy }: CellGroup): string {
  if (published === null || accuracy === null || !published.isSameBudget) return '';
  return pointsText(accuracy - published.result.accuracyPercent / 100);
}
