// How every chart looks. Text and axes are drawn in the colour of the text around them, so that a page's light and dark modes hold for
// its figures too; a chart on its own gets a white ground (draw-chart.ts).

import type { Config } from 'vega-lite';
import { SYSTEM_NAMES } from '../../study/settings/index.ts';

/** Okabe and Ito's palette (distinct for colour-blind readers) without black and pale yellow, then greys and two more for long lists. */
const COLORS = [
  ...['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#56B4E9', '#E69F00'],
  ...['#7F7F7F', '#8C564B', '#6A51A3', '#B2182B', '#1B9E77', '#A6761D'],
];
const FADED = '#80808040';

export const CHART_SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

export const CHART_CONFIG: Config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  title: { color: 'currentColor', subtitleColor: 'currentColor', anchor: 'start', fontSize: 15, offset: 12 },
  axis: {
    ...{
      gridColor: FADED,
      domainColor: FADED,
      tickColor: FADED,
      labelColor: 'currentColor',
      titleColor: 'currentColor',
    },
    ...{ labelFontSize: 11, titleFontSize: 11, labelAngle: 0 },
  },
  legend: {
    ...{ labelColor: 'currentColor', titleColor: 'currentColor', labelLimit: 260 },
    symbolBaseFillColor: 'currentColor',
  },
  header: { labelColor: 'currentColor', titleColor: 'currentColor', labelFontSize: 12, labelFontWeight: 'bold' },
  view: { stroke: FADED },
};

/** Panels beside each other; more would be too small on paper. */
export const MOST_COLUMNS = 2;

/** One colour per series, in the order of the systems: the same for the same series in every figure. */
export function seriesColors(names: readonly string[]): { readonly domain: string[]; readonly range: string[] } {
  const series = distinct(names).sort((a, b) => placeOf(a) - placeOf(b) || a.localeCompare(b));
  return { domain: series, range: series.map((_, i) => COLORS[i % COLORS.length] ?? '#7F7F7F') };
}

/** A series begins with the name of its system. */
function placeOf(series: string): number {
  return SYSTEM_NAMES.findIndex((system) => system === series.split(' ')[0]);
}

export function panelHeader(panels: readonly string[]): {
  readonly field: 'panel';
  readonly type: 'nominal';
  readonly sort: string[];
  readonly title: null;
} {
  return { field: 'panel', type: 'nominal', sort: [...panels], title: null };
}

export function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}

export function budgetText(latents: number): string {
  return latents === 0 ? 'no latents' : latents === 1 ? '1 latent' : `${latents} latents`;
}
