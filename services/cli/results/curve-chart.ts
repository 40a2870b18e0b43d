// Loss curves of a sweep's systems as SVG, drawn headless by Vega: one panel per latent budget (and task, where there are
// several), one colour per system. A spec is plain data, so tests look at it without drawing.

import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { LossCurveRow } from '../queries/loss-curves.ts';
import { grouped } from './grouped.ts';

export interface CurveChart {
  readonly sweep: string;
  readonly rows: readonly LossCurveRow[];
}

interface Point {
  readonly panel: string;
  readonly series: string;
  readonly step: number;
  readonly lossNats: number;
}

const PANEL_WIDTH = 360;
const PANEL_HEIGHT = 240;
const MOST_COLUMNS = 2;
/** Above this ratio of largest to smallest loss a linear axis flattens the interesting end. */
const LOG_SCALE_RATIO = 20;
/** Okabe and Ito's palette without its pale yellow: distinct for colour-blind readers, readable on white. */
const COLORS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#56B4E9', '#E69F00', '#000000', '#7F7F7F'];

export function curveChartSpec({ sweep, rows }: CurveChart): TopLevelSpec {
  const points = pointsOf(rows);
  const series = distinct(points.map((point) => point.series));
  const panels = distinct(points.map((point) => point.panel));
  const losses = points.map(({ lossNats }) => lossNats);
  const isLog = Math.min(...losses) > 0 && Math.max(...losses) / Math.min(...losses) > LOG_SCALE_RATIO;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: `Training loss by system, sweep ${sweep}`,
      subtitle: subtitleOf(rows),
      anchor: 'start',
      fontSize: 15,
      offset: 12,
    },
    background: 'white',
    data: { values: [...points] },
    columns: Math.min(MOST_COLUMNS, Math.max(1, panels.length)),
    facet: {
      field: 'panel',
      type: 'nominal',
      sort: panels,
      title: null,
      header: { labelFontSize: 12, labelFontWeight: 'bold' },
    },
    spec: {
      width: PANEL_WIDTH,
      height: PANEL_HEIGHT,
      mark: { type: 'line', strokeWidth: 1.8, clip: true },
      encoding: {
        x: { field: 'step', type: 'quantitative', title: 'optimizer step', scale: { nice: false } },
        y: {
          field: 'lossNats',
          type: 'quantitative',
          title: 'loss (nats per target token)',
          scale: { zero: false, type: isLog ? 'log' : 'linear' },
        },
        color: {
          field: 'series',
          type: 'nominal',
          title: 'system',
          scale: { domain: series, range: series.map((_, i) => COLORS[i % COLORS.length] ?? '#000000') },
        },
      },
    },
    config: { font: 'sans-serif', axis: { gridColor: '#e6e6e6', labelFontSize: 11, titleFontSize: 11 } },
  };
}

/** @returns a whole SVG document */
export async function drawChart(spec: TopLevelSpec): Promise<string> {
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function pointsOf(rows: readonly LossCurveRow[]): readonly Point[] {
  const severalTasks = new Set(rows.map(({ task }) => task)).size > 1;
  const severalChannels = new Set(
    grouped(rows, ({ system }) => system)
      .filter((group) => new Set(group.map(({ channel }) => channel)).size > 1)
      .map(([{ system }]) => system),
  );
  return rows
    .filter(({ loss_nats }) => Number.isFinite(loss_nats))
    .toSorted((a, b) => a.task.localeCompare(b.task) || a.latents - b.latents)
    .map(({ task, system, channel, latents, step, loss_nats }) => ({
      panel: severalTasks ? `${task}, ${budgetText(latents)}` : budgetText(latents),
      series: severalChannels.has(system) ? `${system} ${channel ?? ''}`.trim() : system,
      step,
      lossNats: loss_nats,
    }));
}

function budgetText(latents: number): string {
  return latents === 0 ? 'no latents' : latents === 1 ? '1 latent' : `${latents} latents`;
}

/** What a point stands for, and why curves jump. */
function subtitleOf(rows: readonly LossCurveRow[]): string {
  const seeds = Math.max(1, ...rows.map((row) => row.seeds));
  const window = Math.max(1, ...rows.map((row) => row.steps_per_point));
  const over = [...(seeds > 1 ? [`${seeds} seeds`] : []), ...(window > 1 ? [`${window} steps`] : [])];
  const point = over.length === 0 ? 'every step' : `each point the mean over ${over.join(' and ')}`;
  return `${point}; a curriculum's curves jump where its next stage begins`;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
