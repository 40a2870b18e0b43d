// A report as files: one page that needs nothing else, every number as CSV, every figure as SVG.

import { rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolder } from '../artifacts/index.ts';
import type { StudyReader } from '../store/index.ts';
import { drawChart, standaloneSvg } from './figures/draw-chart.ts';
import { csvOf, numberFiles } from './numbers.ts';
import { renderPage } from './page/render-page.ts';
import { readReport } from './read-report.ts';
import type { Report, ReportSource } from './report.ts';

export interface WrittenReport {
  readonly report: Report;
  /** Absolute. */
  readonly folder: string;
  readonly page: string;
  /** All files, relative to the folder. */
  readonly files: readonly string[];
}

/**
 * @param out folder; made where it is missing, files of an earlier report are replaced
 * @throws LatentSweepError NOT_FOUND, NOTHING_FINISHED, STORE_UNREACHABLE; and what the file system says
 */
export async function writeReport(
  reader: StudyReader,
  sweep: string,
  { out, source }: { readonly out: string; readonly source: ReportSource },
): Promise<WrittenReport> {
  const report = await readReport(reader, sweep, source);
  const svgs = new Map<string, string>();
  for (const { name, spec } of report.figures) svgs.set(name, await drawChart(spec));
  const files = new Map([
    ...numberFiles(report),
    ...report.figures.map(({ name, rows }) => [join('figures', `${name}.csv`), csvOf(rows)] as const),
    ...[...svgs].map(([name, svg]) => [join('figures', `${name}.svg`), `${standaloneSvg(svg)}\n`] as const),
    ['index.html', renderPage(report, svgs)] as const,
  ]);
  const folder = resolve(out);
  makeFolder(join(folder, 'figures'));
  for (const [name, text] of files) await writeWhole(join(folder, name), text);
  return { report, folder, page: join(folder, 'index.html'), files: [...files.keys()] };
}

/** Whoever looks at the file meanwhile, or after a kill, sees a whole one. */
async function writeWhole(path: string, text: string): Promise<void> {
  const whole = `${path}.${process.pid}.new`;
  await writeFile(whole, text);
  await rename(whole, path);
}
