// Figures of the pages as Vega-Lite specs, in the style of the report. Plain data; drawn by services/report.

import type { TopLevelSpec } from 'vega-lite';
import { CHART_CONFIG, CHART_SCHEMA, seriesColors } from '../report/index.ts';
import { numberOf, type Row, textOf } from './questions.ts';

/** Accuracy over the latent budget, a line for each system with the 95 % interval of each point. @param rows of accuracy-by-system, of one task */
export function accuracySpec(rows: readonly Row[]): TopLevelSpec {
  const isSeveral = severalChannels(rows);
  const points = rows.map((row) => ({
    series: seriesOf(row, isSeveral),
    latents: numberOf(row, 'latents') ?? 0,
    accuracy: percent(row, 'accuracy'),
    low: percent(row, 'accuracy_low'),
    high: percent(row, 'accuracy_high'),
  }));
  const chance = percent(rows[0], 'chance');
  const x = {
    field: 'latents',
    type: 'quantitative',
    title: 'latents per question',
    axis: { tickMinStep: 1 },
  } as const;
  const color = colorOf(
    'series',
    'system',
    points.map(({ series }) => series),
  );
  return {
    ...FRAME,
    data: { values: points },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: {
          x,
          color,
          y: { field: 'low', type: 'quantitative', title: 'accuracy, %', scale: { zero: false } },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', strokeWidth: 1.8 },
        encoding: {
          x,
          color,
          y: { field: 'accuracy', type: 'quantitative', title: 'accuracy, %', scale: { zero: false } },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 60 },
        encoding: { x, color, y: { field: 'accuracy', type: 'quantitative' } },
      },
      ...(chance === null ? [] : [chanceRule(chance)]),
    ],
  };
}

function chanceRule(chance: number) {
  return {
    data: { values: [{ chance }] },
    mark: { type: 'rule' as const, strokeDash: [4, 3], color: '#808080' },
    encoding: { y: { field: 'chance', type: 'quantitative' as const } },
  };
}

/** Mean over seeds with a band of one standard deviation. @param rows of mean-curve */
export function curveSpec(rows: readonly Row[], metric: string): TopLevelSpec {
  const isSeveral = severalChannels(rows);
  const points = rows.map((row) => {
    const [mean, sd] = [numberOf(row, 'mean'), numberOf(row, 'sd') ?? 0];
    return {
      series: [seriesOf(row, isSeveral), budget(row)].join(' '),
      step: numberOf(row, 'step'),
      mean,
      low: mean === null ? null : mean - sd,
      high: mean === null ? null : mean + sd,
    };
  });
  const color = colorOf(
    'series',
    'system and latents',
    points.map(({ series }) => series),
  );
  return {
    ...FRAME,
    data: { values: points },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: {
          x: STEP,
          color,
          y: { field: 'low', type: 'quantitative', title: metric, scale: { zero: false } },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', strokeWidth: 1.6 },
        encoding: { x: STEP, color, y: { field: 'mean', type: 'quantitative' } },
      },
    ],
  };
}

/** Of one cell or several: every step faint, the moving mean strong. */
export function cellCurvesSpec(
  cells: readonly { readonly name: string; readonly rows: readonly Row[] }[],
  metric: string,
): TopLevelSpec {
  const values = cells.flatMap(({ name, rows }) =>
    rows.map((row) => ({
      ...{ cell: name, step: numberOf(row, 'step') },
      ...{ value: numberOf(row, 'value'), smoothed: numberOf(row, 'smoothed') },
    })),
  );
  const names = cells.map(({ name }) => name);
  const color = { ...colorOf('cell', null, names), legend: cells.length > 1 ? STRONG : null };
  const y = (field: string) => ({ field, type: 'quantitative', title: metric, scale: { zero: false } }) as const;
  return {
    ...FRAME,
    data: { values },
    layer: [
      { mark: { type: 'line', strokeWidth: 0.8, opacity: 0.4 }, encoding: { x: STEP, color, y: y('value') } },
      { mark: { type: 'line', strokeWidth: 1.8 }, encoding: { x: STEP, color, y: y('smoothed') } },
    ],
  };
}

/** A legend as strong as its lines, although a band is faint. */
const STRONG = { symbolOpacity: 1, symbolType: 'stroke', symbolStrokeWidth: 3 } as const;

const STEP = { field: 'step', type: 'quantitative', title: 'optimizer step', scale: { nice: false } } as const;

/** A colour for each series, the same in every figure. */
function colorOf(field: string, title: string | null, names: readonly string[]) {
  return { field, type: 'nominal', title, scale: seriesColors(names), legend: STRONG } as const;
}

const FRAME = { $schema: CHART_SCHEMA, width: 520, height: 260, config: CHART_CONFIG } as const;

function percent(row: Row | undefined, column: string): number | null {
  const share = numberOf(row, column);
  return share === null ? null : 100 * share;
}

function seriesOf(row: Row, isSeveral: boolean): string {
  const channel = textOf(row, 'channel');
  return isSeveral && channel !== '' ? `${textOf(row, 'system')} ${channel}` : textOf(row, 'system');
}

function budget(row: Row): string {
  const latents = numberOf(row, 'latents') ?? 0;
  return latents === 0 ? '' : String(latents);
}

/** A system that exchanges through more than one channel here is told apart by it. */
function severalChannels(rows: readonly Row[]): boolean {
  const channels = new Map<string, Set<string>>();
  for (const row of rows)
    channels.set(textOf(row, 'system'), (channels.get(textOf(row, 'system')) ?? new Set()).add(textOf(row, 'channel')));
  return [...channels.values()].some((ones) => ones.size > 1);
}
