// The border of the report: writing one, and the charts and statistics that the command line shows too.

export { drawChart, standaloneSvg } from './figures/draw-chart.ts';
export { curveChartSpec } from './figures/loss-curves.ts';
export { grouped } from './grouped.ts';
export { lossCurvesQuery } from './queries/loss-curves.ts';
export { wilsonInterval } from './statistics/wilson-interval.ts';
