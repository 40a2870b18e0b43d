// The border of the report: writing one, and the charts and statistics that the command line shows too.

export { CHART_CONFIG, CHART_SCHEMA, seriesColors } from './figures/chart-style.ts';
export { drawChart, standaloneSvg } from './figures/draw-chart.ts';
export { curveChartSpec } from './figures/loss-curves.ts';
export type { Verdict } from './findings/hypotheses.ts';
export { grouped } from './grouped.ts';
export { lossCurvesQuery } from './queries/loss-curves.ts';
export type { ReportSource } from './report.ts';
export { wilsonInterval } from './statistics/wilson-interval.ts';
export { type WrittenReport, writeReport } from './write-report.ts';
