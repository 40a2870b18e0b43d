// Accuracy against the width of the channel: floats exchanged per latent, on a logarithmic axis; one panel per task and budget.

import type { CellGroup } from '../findings/cell-groups.ts';
import { percent } from './accuracy-by-latents.ts';
import {
  budgetText,
  CHART_CONFIG,
  CHART_SCHEMA,
  distinct,
  MOST_COLUMNS,
  panelHeader,
  seriesColors,
} from './chart-style.ts';
import { type Figure, panelName } from './figure.ts';

/** @param sql of view study.capacity @returns null unless results at two capacities or more exist */
export function accuracyByCapacity(groups: readonly CellGroup[], sql: string): Figure | null {
  const rows = groups.flatMap((group) => {
    const { accuracy, capacityFloatsPerLatent: floats, latents } = group;
    if (accuracy === null || floats === null || floats <= 0 || latents === 0) return [];
    return [
      {
        panel: panelName(group.task, group.rest, budgetText(latents)),
        series: group.system,
        channel: group.channel ?? 'soft tokens',
        floats_per_latent: floats,
        accuracy_percent: 100 * accuracy,
        low_percent: percent(group.interval?.low ?? null),
        high_percent: percent(group.interval?.high ?? null),
      },
    ];
  });
  if (distinct(rows.map((row) => row.floats_per_latent)).length < 2) return null;
  const x = {
    field: 'floats_per_latent',
    type: 'quantitative',
    title: 'floats per latent',
    scale: { type: 'log', base: 2, nice: false, padding: 24 },
    axis: { values: distinct(rows.map((row) => row.floats_per_latent)), labelOverlap: true },
  } as const;
  const y = { type: 'quantitative', title: 'accuracy (%)', scale: { zero: false } } as const;
  const color = {
    field: 'series',
    type: 'nominal',
    title: 'system',
    scale: seriesColors(rows.map(({ series }) => series)),
  } as const;
  return {
    name: 'accuracy-by-capacity',
    title: 'Accuracy by channel capacity',
    caption:
      'Floats that Coprocessor and Base exchange per latent (soft tokens and fed-back states count their width), means over seeds with 95 % intervals.',
    spec: {
      $schema: CHART_SCHEMA,
      data: { values: rows },
      columns: MOST_COLUMNS,
      facet: panelHeader(distinct(rows.map(({ panel }) => panel))),
      resolve: { axis: { y: 'independent' } },
      spec: {
        width: 320,
        height: 240,
        layer: [
          {
            mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.6 },
            encoding: { x, color, y: { ...y, field: 'low_percent' }, y2: { field: 'high_percent' } },
          },
          {
            mark: { type: 'point', filled: true, size: 60 },
            encoding: {
              ...{ x, color, y: { ...y, field: 'accuracy_percent' } },
              shape: { field: 'channel', type: 'nominal', title: 'channel' },
            },
          },
        ],
      },
      config: CHART_CONFIG,
    },
    rows,
    sql,
  };
}
