// Figures of the latent space and of what the latents do (docs/design/study.md section 7): means over seeds of what study.analyses holds. Each
// is drawn panel by panel from rows of one analysis.

import type { AnalysisRow } from '../queries/analysis.ts';
import {
  budgetText,
  CHART_CONFIG,
  CHART_SCHEMA,
  distinct,
  MOST_COLUMNS,
  panelHeader,
  seriesColors,
} from './chart-style.ts';
import { type Figure, type FigureRow, panelName, seriesNames } from './figure.ts';

interface AnalysisFigure {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  /** Name in study.analyses. */
  readonly analysis: string;
  readonly draw: (rows: readonly AnalysisRow[]) => Drawn;
}

interface Drawn {
  readonly rows: readonly FigureRow[];
  /** One panel. */
  readonly unit: Extract<Figure['spec'], { readonly spec: unknown; readonly facet: unknown }>['spec'];
}

export const ANALYSIS_FIGURES: readonly AnalysisFigure[] = [
  {
    name: 'causal-accuracy',
    analysis: 'causal_accuracy',
    title: 'What the latents do: accuracy under interventions',
    caption:
      'Accuracy with the latents intact, and with them zeroed, shuffled across questions, swapped between slots, truncated or replaced by their mean. Bars as high as intact: the answers do not depend on what the latents say.',
    draw: (rows) => bars(rows, { field: 'accuracy_percent', title: 'accuracy (%)', factor: 100 }),
  },
  {
    name: 'causal-loss',
    analysis: 'causal_loss',
    title: 'What the latents do: loss under interventions',
    caption: 'Teacher-forced loss of the right answer under the same interventions; it moves before accuracy does.',
    draw: (rows) => bars(rows, { field: 'loss_nats', title: 'loss (nats per target token)', factor: 1 }),
  },
  {
    name: 'cross-capture',
    analysis: 'cross_capture',
    title: 'Cross-capture H of the latent slots',
    caption:
      'H[i,j]: share of slot j’s variance inside the principal subspace of slot i (97 %). Near 1 off the diagonal: redundant slots, or subspaces that are wide anyway; compare r_i / d and the null values in study.analyses.',
    draw: heatmap,
  },
  {
    name: 'silhouette-by-slot',
    analysis: 'silhouette_by_slot',
    title: 'Silhouettes by slot',
    caption: 'Above 0: the states of a slot are closer to each other than to those of any other slot; below: they mix.',
    draw: (rows) => lines(rows, { field: 'silhouette', title: 'silhouette', index: 'slot' }),
  },
  {
    name: 'perplexity-by-position',
    analysis: 'perplexity_by_position',
    title: 'Perplexity by position after the latents',
    caption: 'Held-out text; if latents help, they help most right behind them.',
    draw: (rows) => lines(rows, { field: 'perplexity', title: 'perplexity', index: 'position' }),
  },
];

/** @returns null where the sweep has no such analysis */
export function analysisFigure(figure: AnalysisFigure, rows: readonly AnalysisRow[], sql: string): Figure | null {
  if (rows.length === 0) return null;
  const { name, title, caption, analysis, draw } = figure;
  const { unit, rows: drawn } = draw(rows);
  return {
    ...{ name, title, caption, sql, rows: drawn },
    spec: {
      $schema: CHART_SCHEMA,
      data: { values: [...drawn] },
      columns: MOST_COLUMNS,
      facet: panelHeader(distinct(drawn.map((row) => String(row['panel'])))),
      spec: unit,
      // budgets differ in their slots
      ...(analysis === 'cross_capture' ? { resolve: { scale: { x: 'independent', y: 'independent' } } } : {}),
      config: CHART_CONFIG,
    },
  };
}

interface Measure {
  readonly field: string;
  readonly title: string;
}

function bars(rows: readonly AnalysisRow[], { field, title, factor }: Measure & { readonly factor: number }): Drawn {
  const seriesOf = seriesNames(rows);
  const drawn = rows.map((row) => ({
    panel: panelName(row.task, budgetText(row.latents)),
    series: seriesOf(row),
    intervention: row.label,
    [field]: factor * row.value,
    least: factor * row.least,
    most: factor * row.most,
    cells: row.cells,
  }));
  const labels = distinct(rows.map(({ label }) => label));
  const x = {
    field: 'intervention',
    type: 'nominal',
    title: null,
    sort: ['intact', ...labels.filter((label) => label !== 'intact')],
  } as const;
  const series = distinct(rows.map(seriesOf));
  const xOffset = { field: 'series', type: 'nominal', scale: { domain: seriesColors(series).domain } } as const;
  return {
    rows: drawn,
    unit: {
      width: 360,
      height: 220,
      layer: [
        {
          mark: { type: 'bar' },
          encoding: {
            ...{ x, xOffset, y: { field, type: 'quantitative', title } },
            color: { field: 'series', type: 'nominal', title: 'system', scale: seriesColors(series) },
          },
        },
        {
          mark: { type: 'rule', color: 'currentColor', opacity: 0.7 },
          encoding: { x, xOffset, y: { field: 'least', type: 'quantitative', title }, y2: { field: 'most' } },
        },
      ],
    },
  };
}

function heatmap(rows: readonly AnalysisRow[]): Drawn {
  const seriesOf = seriesNames(rows);
  const least = Math.min(...rows.map(({ value }) => value));
  return {
    rows: rows.map((row) => ({
      panel: panelName(row.task, seriesOf(row), budgetText(row.latents)),
      i: row.i,
      j: row.j,
      capture: row.value,
      cells: row.cells,
    })),
    unit: {
      width: 220,
      height: 220,
      mark: { type: 'rect' },
      encoding: {
        x: { field: 'j', type: 'ordinal', title: 'slot j (captured)' },
        y: { field: 'i', type: 'ordinal', title: 'slot i (capturing)' },
        color: {
          field: 'capture',
          type: 'quantitative',
          title: 'H[i,j]',
          scale: { scheme: 'viridis', domain: [Math.floor(20 * least) / 20, 1] },
        },
      },
    },
  };
}

interface Line extends Measure {
  /** What `i` counts. */
  readonly index: string;
}

function lines(rows: readonly AnalysisRow[], { field, title, index }: Line): Drawn {
  const seriesOf = seriesNames(rows);
  const series = distinct(rows.map(seriesOf));
  return {
    rows: rows.map((row) => ({
      panel: panelName(row.task, budgetText(row.latents)),
      series: seriesOf(row),
      [index]: row.i,
      [field]: row.value,
      cells: row.cells,
    })),
    unit: {
      width: 320,
      height: 220,
      mark: { type: 'line', strokeWidth: 1.8, point: { size: 40 } },
      encoding: {
        x: { field: index, type: 'ordinal', title: index },
        y: { field, type: 'quantitative', title, scale: { zero: false } },
        color: { field: 'series', type: 'nominal', title: 'system', scale: seriesColors(series) },
      },
    },
  };
}
