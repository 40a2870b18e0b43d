// The results of a sweep, read through the SQL that is shown with them: the numbers of the table are the numbers of that query.

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../artifacts/index.ts';
import { curveChartSpec, drawChart, lossCurvesQuery, standaloneSvg } from '../../report/index.ts';
import { readRows, type StudyReader } from '../../store/index.ts';
import { type ResultRow, resultsQuery } from '../queries/results.ts';
import { resultsLegend, resultsTable } from './results-table.ts';

/** Rows, the query that gave them, and both as text. */
export interface Results {
  readonly rows: readonly ResultRow[];
  readonly sql: string;
  /** The SQL, the table and how to read it. */
  readonly text: string;
}

/** A chart that was written, and the query that it was drawn from. */
export interface Chart {
  /** Absolute. */
  readonly path: string;
  readonly sql: string;
}

/** One row per cell. @throws LatentSweepError STORE_UNREACHABLE, SQL_FAILED */
export async function readResults(reader: StudyReader, sweep: string): Promise<Results> {
  const rows = await readRows(reader, resultsQuery, [sweep]);
  const sql = resultsQuery.sql(sweep);
  return { rows, sql, text: [indented(sql), '', resultsTable(rows), '', ...resultsLegend(rows)].join('\n') };
}

/** @returns null while no loss is recorded */
export async function writeChart(reader: StudyReader, sweep: string, stateDir: string): Promise<Chart | null> {
  const rows = await readRows(reader, lossCurvesQuery, [sweep]);
  if (rows.length === 0) return null;
  const folder = join(stateDir, 'results', sweep);
  const path = join(folder, 'loss-curves.svg');
  const svg = standaloneSvg(await drawChart(curveChartSpec({ sweep, rows })));
  makeFolder(folder);
  // whoever looks at the file meanwhile, or after a kill, sees a whole one
  const whole = `${path}.${process.pid}.new`;
  await writeFile(whole, `${svg}\n`);
  await rename(whole, path);
  return { path, sql: lossCurvesQuery.sql(sweep) };
}

/** @param chart null = no loss is recorded yet */
export function chartText(chart: Chart | null): string {
  if (chart === null) return 'No loss is recorded yet, so there is no chart.';
  return `Chart: ${chart.path}\ndrawn from:\n${indented(chart.sql)}`;
}

function indented(sql: string): string {
  return sql.replaceAll(/^/gm, '  ');
}
