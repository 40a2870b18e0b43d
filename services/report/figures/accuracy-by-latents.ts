// Accuracy against the latent budget, with 95 % intervals; systems without latents stand at 0. Dashed: guessing.

import type { CellGroup } from '../findings/cell-groups.ts';
import { CHART_CONFIG, CHART_SCHEMA, distinct, MOST_COLUMNS, panelHeader, seriesColors } from './chart-style.ts';
import { type Figure, panelName, seriesNames } from './figure.ts';

/** @param sql of the cells @returns null unless a system has results at two budgets or more */
export function accuracyByLatents(groups: readonly CellGroup[], sql: string): Figure | null {
  const answered = groups.filter(({ accuracy }) => accuracy !== null);
  const budgets = (system: string): number =>
    new Set(answered.filter((group) => group.system === system).map(({ latents }) => latents)).size;
  if (!answered.some(({ system }) => budgets(system) > 1)) return null;
  const seriesOf = seriesNames(answered);
  const rows = answered.map((group) => ({
    panel: panelName(group.task, group.split === 'test' ? null : group.split, group.rest),
    series: seriesOf(group),
    latents: group.latents,
    accuracy_percent: percent(group.accuracy),
    low_percent: percent(group.interval?.low ?? null),
    high_percent: percent(group.interval?.high ?? null),
    chance_percent: percent(group.chance),
    seeds: group.answered.length,
  }));
  const panels = distinct(rows.map(({ panel }) => panel));
  const x = {
    field: 'latents',
    type: 'quantitative',
    title: 'latent budget N_L',
    axis: { values: distinct(rows.map(({ latents }) => latents)).sort((a, b) => a - b) },
  } as const;
  const color = {
    field: 'series',
    type: 'nominal',
    title: 'system',
    scale: seriesColors(rows.map(({ series }) => series)),
  } as const;
  const y = { type: 'quantitative', title: 'accuracy (%)', scale: { zero: false } } as const;
  return {
    name: 'accuracy-by-latents',
    title: 'Accuracy by latent budget',
    caption:
      'Means over seeds with 95 % intervals; systems without latents stand at 0. Dashed grey: guessing. Do curves rise, and which lies above which at equal budget?',
    spec: {
      $schema: CHART_SCHEMA,
      data: { values: rows },
      columns: MOST_COLUMNS,
      facet: panelHeader(panels),
      resolve: { axis: { y: 'independent' } },
      spec: {
        width: 320,
        height: 240,
        layer: [
          {
            mark: { type: 'rule', color: '#808080', strokeDash: [4, 3] },
            encoding: { y: { ...y, field: 'chance_percent', aggregate: 'mean' } },
          },
          {
            mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.6 },
            encoding: { x, color, y: { ...y, field: 'low_percent' }, y2: { field: 'high_percent' } },
          },
          {
            mark: { type: 'line', strokeWidth: 1.8, point: { size: 40 } },
            encoding: { x, color, y: { ...y, field: 'accuracy_percent' } },
          },
        ],
      },
      config: CHART_CONFIG,
    },
    rows,
    sql,
  };
}

export function percent(share: number | null): number | null {
  return share === null ? null : 100 * share;
}
