// Loss curves of a sweep's systems: one panel per latent budget (and task, where there are several), one colour per system, a rule
// where a curriculum's last stage begins.

import type { TopLevelSpec } from 'vega-lite';
import { grouped } from '../grouped.ts';
import type { LossCurveRow } from '../queries/loss-curves.ts';
import {
  budgetText,
  CHART_CONFIG,
  CHART_SCHEMA,
  distinct,
  MOST_COLUMNS,
  panelHeader,
  seriesColors,
} from './chart-style.ts';

export interface CurveChart {
  readonly sweep: string;
  readonly rows: readonly LossCurveRow[];
  readonly finalStages?: readonly FinalStage[];
}

/** Step after which the last stage of a curriculum begins. */
export interface FinalStage {
  readonly task: string;
  readonly latents: number;
  readonly afterStep: number;
}

interface Point {
  readonly panel: string;
  readonly series: string;
  readonly step: number;
  readonly lossNats: number;
}

const PANEL_WIDTH = 360;
const PANEL_HEIGHT = 240;
/** Above this ratio of largest to smallest loss a linear axis flattens the interesting end. */
const LOG_SCALE_RATIO = 20;

export function curveChartSpec({ sweep, rows, finalStages = [] }: CurveChart): TopLevelSpec {
  const points = pointsOf(rows);
  const series = distinct(points.map((point) => point.series));
  const panels = distinct(points.map((point) => point.panel));
  const losses = points.map(({ lossNats }) => lossNats);
  const isLog = Math.min(...losses) > 0 && Math.max(...losses) / Math.min(...losses) > LOG_SCALE_RATIO;
  const panelOf = panelNames(rows);
  const rules = grouped(finalStages, (stage) => `${panelOf(stage)} ${stage.afterStep}`)
    .map(([stage]) => ({ panel: panelOf(stage), finalStage: stage.afterStep }))
    .filter(({ panel }) => panels.includes(panel));
  return {
    $schema: CHART_SCHEMA,
    title: { text: `Training loss by system, sweep ${sweep}`, subtitle: subtitleOf(rows, rules.length > 0) },
    data: { values: [...points, ...rules] },
    columns: Math.min(MOST_COLUMNS, Math.max(1, panels.length)),
    facet: panelHeader(panels),
    resolve: { axis: { y: 'independent' } },
    spec: {
      width: PANEL_WIDTH,
      height: PANEL_HEIGHT,
      layer: [
        {
          transform: [{ filter: 'isValid(datum.lossNats)' }],
          mark: { type: 'line', strokeWidth: 1.8, clip: true },
          encoding: {
            x: { field: 'step', type: 'quantitative', title: 'optimizer step', scale: { nice: false } },
            y: {
              field: 'lossNats',
              type: 'quantitative',
              title: 'loss (nats per target token)',
              scale: { zero: false, type: isLog ? 'log' : 'linear' },
            },
            color: { field: 'series', type: 'nominal', title: 'system', scale: seriesColors(series) },
          },
        },
        ...(rules.length === 0
          ? []
          : [
              {
                transform: [{ filter: 'isValid(datum.finalStage)' }],
                mark: { type: 'rule' as const, color: '#808080', strokeDash: [4, 3] },
                encoding: { x: { field: 'finalStage', type: 'quantitative' as const } },
              },
            ]),
      ],
    },
    config: CHART_CONFIG,
  };
}

function pointsOf(rows: readonly LossCurveRow[]): readonly Point[] {
  const panelOf = panelNames(rows);
  const severalChannels = new Set(
    grouped(rows, ({ system }) => system)
      .filter((group) => new Set(group.map(({ channel }) => channel)).size > 1)
      .map(([{ system }]) => system),
  );
  return rows
    .filter(({ loss_nats }) => Number.isFinite(loss_nats))
    .toSorted((a, b) => a.task.localeCompare(b.task) || a.latents - b.latents)
    .map(({ task, system, channel, latents, step, loss_nats }) => ({
      panel: panelOf({ task, latents }),
      series: severalChannels.has(system) ? `${system} ${channel ?? ''}`.trim() : system,
      step,
      lossNats: loss_nats,
    }));
}

function panelNames(rows: readonly LossCurveRow[]): (place: Pick<LossCurveRow, 'task' | 'latents'>) => string {
  const severalTasks = new Set(rows.map(({ task }) => task)).size > 1;
  return ({ task, latents }) => (severalTasks ? `${task}, ${budgetText(latents)}` : budgetText(latents));
}

/** What a point stands for, and why curves jump. */
function subtitleOf(rows: readonly LossCurveRow[], hasRules: boolean): string {
  const seeds = Math.max(1, ...rows.map((row) => row.seeds));
  const window = Math.max(1, ...rows.map((row) => row.steps_per_point));
  const over = [...(seeds > 1 ? [`${seeds} seeds`] : []), ...(window > 1 ? [`${window} steps`] : [])];
  const point = over.length === 0 ? 'every step' : `each point the mean over ${over.join(' and ')}`;
  const rule = hasRules ? ', its last at the dashed line' : '';
  return `${point}; a curriculum's curves jump where its next stage begins${rule}`;
}
