// Every number of a report as rows for CSV files: exact values, shares from 0 to 1, one column per fact.

import { stringify } from 'csv-stringify/sync';
import { spreadsheetText } from '../store/index.ts';
import type { FigureRow } from './figures/figure.ts';
import type { CellGroup } from './findings/cell-groups.ts';
import type { Comparison, PairedCounts } from './findings/comparisons.ts';
import type { Verdict } from './findings/hypotheses.ts';
import type { Report } from './report.ts';

/** Files by name, without those of the figures. */
export function numberFiles(report: Report): ReadonlyMap<string, string> {
  return new Map([
    ['cells.csv', csvOf(report.groups.map(cellNumbers))],
    ['pairs.csv', csvOf(report.comparisons.flatMap(pairNumbers))],
    ['verdicts.csv', csvOf(report.verdicts.map(verdictNumbers))],
    ['gpu-hours.csv', csvOf(report.gpuHours.map((row) => ({ ...row })))],
  ]);
}

/** @returns heading and rows, RFC 4180; empty without rows. Text that a spreadsheet would run has a quote in front. */
export function csvOf(rows: readonly FigureRow[]): string {
  return stringify([...rows], { header: true, cast: { string: spreadsheetText } });
}

function cellNumbers(group: CellGroup): FigureRow {
  const { result, isSameBudget } = group.published ?? { result: null, isSameBudget: false };
  const published = result === null ? null : result.accuracyPercent / 100;
  return {
    ...pointOf(group),
    split: group.split,
    capacity_floats_per_latent: group.capacityFloatsPerLatent,
    cells: group.cells,
    finished: group.finished,
    seeds: group.answered.map(({ seed }) => seed).join(' '),
    items: group.items,
    accuracy: group.accuracy,
    accuracy_low: group.interval?.low ?? null,
    accuracy_high: group.interval?.high ?? null,
    chance: group.chance,
    final_loss_nats: group.loss,
    perplexity: group.perplexity,
    published_accuracy: published,
    published_latents: result?.latents ?? null,
    published_model: result?.model ?? null,
    published_source: result?.source ?? null,
    difference_to_published:
      published === null || group.accuracy === null || !isSameBudget ? null : group.accuracy - published,
  };
}

/** One row per seed, then one for all of them. */
function pairNumbers(comparison: Comparison): readonly FigureRow[] {
  const { differs, a, b, bySeed, pooled, corrected, difference } = comparison;
  const about = {
    ...{ differs, task: a.task, split: a.split },
    ...{ system_a: a.system, latents_a: a.latents, channel_a: a.channel, rest_a: a.rest },
    ...{ system_b: b.system, latents_b: b.latents, channel_b: b.channel, rest_b: b.rest },
  };
  const counts = ({ items, bothCorrect, onlyA, onlyB, neither, exact, mid }: PairedCounts): FigureRow => ({
    ...{ items, both_correct: bothCorrect, only_a: onlyA, only_b: onlyB, neither },
    ...{ mcnemar_exact_p: exact, mcnemar_mid_p: mid },
  });
  const noInterval = { holm_p: null, difference: null, difference_low: null, difference_high: null };
  const { value, low, high } = difference;
  return [
    ...bySeed.map((ofSeed) => ({ ...about, seed: ofSeed.seed, ...counts(ofSeed), ...noInterval })),
    {
      ...{ ...about, seed: 'all', ...counts(pooled), holm_p: corrected },
      ...{ difference: value, difference_low: low, difference_high: high },
    },
  ];
}

function verdictNumbers({ effect, ...verdict }: Verdict): FigureRow {
  const { hypothesis, task, comparison, unit, seeds, items, ruling, note } = verdict;
  const { value, low, high } = effect;
  return { hypothesis, task, comparison, effect: value, low, high, unit, seeds, items, ruling, note };
}

function pointOf({ task, system, latents, channel, rest }: CellGroup): FigureRow {
  return { task, system, latents, channel, rest };
}
