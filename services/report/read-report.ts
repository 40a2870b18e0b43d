// Reads a sweep's results and computes what its report says. Cost: one pass over all its answers, and a bootstrap for every point of the
// grid and every comparison.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { readRows, type StudyReader } from '../store/index.ts';
import { accuracyByCapacity } from './figures/accuracy-by-capacity.ts';
import { accuracyByLatents } from './figures/accuracy-by-latents.ts';
import { ANALYSIS_FIGURES, analysisFigure } from './figures/analysis-figures.ts';
import type { Figure } from './figures/figure.ts';
import { lossFigure } from './figures/loss-figure.ts';
import { cellGroups } from './findings/cell-groups.ts';
import { compareCells } from './findings/comparisons.ts';
import { judge } from './findings/hypotheses.ts';
import { sharedResampling } from './findings/resampling-of.ts';
import { warningsOf } from './findings/warnings.ts';
import { analysisQuery } from './queries/analysis.ts';
import { capacitySql } from './queries/capacity.ts';
import { cellsQuery } from './queries/cells.ts';
import { gpuHoursQuery } from './queries/gpu-hours.ts';
import { lossCurvesQuery } from './queries/loss-curves.ts';
import { pairsQuery } from './queries/pairs.ts';
import { type SweepFacts, sweepFactsQuery } from './queries/sweep-facts.ts';
import type { Report, ReportSource } from './report.ts';

/** @throws LatentSweepError NOT_FOUND, NOTHING_FINISHED, STORE_UNREACHABLE */
export async function readReport(reader: StudyReader, sweep: string, source: ReportSource): Promise<Report> {
  const facts = await readFacts(reader, sweep);
  const values = [sweep] as const;
  const resamplingOf = sharedResampling();
  const groups = cellGroups(await readRows(reader, cellsQuery, values), resamplingOf);
  const comparisons = compareCells(await readRows(reader, pairsQuery, values), groups, resamplingOf);
  const cellsSql = cellsQuery.sql(sweep);
  const own = [
    accuracyByLatents(groups, cellsSql),
    accuracyByCapacity(groups, capacitySql(sweep)),
    lossFigure(sweep, await readRows(reader, lossCurvesQuery, values), groups, lossCurvesQuery.sql(sweep)),
  ];
  return {
    ...{ sweep, source, facts, groups, comparisons },
    warnings: warningsOf(facts, groups),
    verdicts: judge(groups, comparisons, resamplingOf),
    gpuHours: await readRows(reader, gpuHoursQuery, values),
    figures: [...own.filter((figure) => figure !== null), ...(await analysisFigures(reader, sweep))],
    sql: {
      facts: sweepFactsQuery.sql(sweep),
      cells: cellsSql,
      pairs: pairsQuery.sql(sweep),
      gpuHours: gpuHoursQuery.sql(sweep),
    },
  };
}

async function readFacts(reader: StudyReader, sweep: string): Promise<SweepFacts> {
  const [facts] = await readRows(reader, sweepFactsQuery, [sweep]);
  if (facts === undefined) throw new LatentSweepError('NOT_FOUND', `no sweep is named ${sweep}`, { name: sweep });
  if (facts.finished === 0) {
    const sentence = `sweep ${sweep} has no finished cell to report (0 of ${facts.cells}; ${facts.failed} failed)`;
    throw new LatentSweepError('NOTHING_FINISHED', sentence, { sweep, cells: facts.cells, failed: facts.failed });
  }
  return facts;
}

async function analysisFigures(reader: StudyReader, sweep: string): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const about of ANALYSIS_FIGURES) {
    const values = [sweep, about.analysis] as const;
    const figure = analysisFigure(about, await readRows(reader, analysisQuery, values), analysisQuery.sql(...values));
    if (figure !== null) figures.push(figure);
  }
  return figures;
}
