// The study's questions put to a sweep's cells (docs/design/study.md sections 2 and 10). Every effect is a mean over items and seeds, taken
// over all points of the grid that can answer it, with its bootstrap interval; the verdict reads the interval alone, by a rule fixed beforehand.

import { grouped } from '../grouped.ts';
import { bootstrapMean, type Estimate } from '../statistics/bootstrap.ts';
import { slopeWeights } from '../statistics/slope-weights.ts';
import { type CellGroup, isAboveChance } from './cell-groups.ts';
import type { Comparison, SeedDifferences } from './comparisons.ts';
import type { ResamplingOf } from './resampling-of.ts';

export type Ruling = 'supported' | 'contradicted' | 'undecided';

export interface Verdict {
  readonly hypothesis: string;
  readonly task: string;
  /** What was compared with what. */
  readonly comparison: string;
  /** In accuracy, 0 to 1; for a slope, per doubling of the latent budget. */
  readonly effect: Estimate;
  readonly unit: string;
  readonly seeds: number;
  readonly items: number;
  readonly ruling: Ruling;
  /** Why, and what the interval does not know. */
  readonly note: string;
}

interface Contest {
  readonly hypothesis: string;
  readonly better: string;
  readonly worse: string;
  /** How much worse still counts: 0 for "is better". */
  readonly margin: number;
}

/** "As good" needs a margin; two points is our choice. */
export const AS_GOOD_MARGIN = 0.02;

const CONTESTS: readonly Contest[] = [
  { hypothesis: 'H1: a wider channel helps a frozen Base (h1 over liu)', better: 'h1', worse: 'liu', margin: 0 },
  { hypothesis: 'H2: training the Base too helps (h2 over liu)', better: 'h2', worse: 'liu', margin: 0 },
  {
    hypothesis: `Soft embeddings are as good as h2 (at most ${100 * AS_GOOD_MARGIN} points worse)`,
    better: 'soft_embeddings',
    worse: 'h2',
    margin: AS_GOOD_MARGIN,
  },
  { hypothesis: 'The task needs reasoning (cot over no_cot)', better: 'cot', worse: 'no_cot', margin: 0 },
];

/**
 * Whole interval above -margin: supported; whole interval below it: contradicted. Undecided whatever the interval where no question tells
 * the two apart, or where neither is better than guessing.
 */
export function rulingOf({ low, high }: Estimate, margin: number, isAboveGuessing: boolean): Ruling {
  if (!isAboveGuessing || low === high) return 'undecided';
  if (low > -margin) return 'supported';
  return high < -margin ? 'contradicted' : 'undecided';
}

export function judge(
  groups: readonly CellGroup[],
  comparisons: readonly Comparison[],
  resamplingOf: ResamplingOf,
): readonly Verdict[] {
  const contests = CONTESTS.flatMap((contest) => contestVerdicts(contest, comparisons, resamplingOf));
  return [...contests, ...slopeVerdicts(groups, resamplingOf)];
}

function contestVerdicts(
  contest: Contest,
  comparisons: readonly Comparison[],
  resamplingOf: ResamplingOf,
): readonly Verdict[] {
  const { hypothesis, better, worse, margin } = contest;
  const meetings = comparisons.flatMap(({ a, b, differs, differences }) => {
    if (differs !== 'system') return [];
    if (a.system === better && b.system === worse) return [{ group: a, against: b, differences, sign: 1 }];
    return a.system === worse && b.system === better ? [{ group: b, against: a, differences, sign: -1 }] : [];
  });
  return grouped(meetings, ({ group, differences }) => `${group.task} ${group.split ?? ''} ${differences.itemSet}`).map(
    (members) => {
      const rows = rowsBySeed(members.map(({ differences, sign }) => ({ differences, weight: sign })));
      const effect = bootstrapMean(rows, resamplingOf(rows[0]?.length ?? 0));
      const budgets = [...new Set(members.map(({ group }) => group.latents))].sort((x, y) => x - y);
      const [{ group }] = members;
      const isAboveGuessing = members.some((member) => isAboveChance(member.group) || isAboveChance(member.against));
      return {
        ...{ hypothesis, task: group.task, effect, unit: 'points' },
        comparison: `${better} - ${worse}, mean over ${members.length === 1 ? 'one pair of cells' : `${members.length} pairs of cells`} at N_L = ${budgets.join(', ')}`,
        ...{ seeds: rows.length, items: rows[0]?.length ?? 0 },
        ruling: rulingOf(effect, margin, isAboveGuessing),
        note: noteOf(rows.length, isAboveGuessing),
      };
    },
  );
}

interface Weighted {
  readonly differences: SeedDifferences;
  readonly weight: number;
}

/** One row per seed: the mean of what its points of the grid say. */
function rowsBySeed(members: readonly Weighted[]): readonly Float64Array[] {
  const bySeed = new Map<number, Float64Array[]>();
  for (const { differences, weight } of members) {
    for (const [seed, row] of differences.rows) {
      bySeed.set(seed, [...(bySeed.get(seed) ?? []), row.map((value) => weight * value)]);
    }
  }
  return [...bySeed.values()].map((rows) =>
    combined(
      rows,
      rows.map(() => 1 / rows.length),
    ),
  );
}

/** Does accuracy rise with the latent budget? Slope over log2 N_L, for each system with at least two budgets. */
function slopeVerdicts(groups: readonly CellGroup[], resamplingOf: ResamplingOf): readonly Verdict[] {
  const answered = groups.filter(({ latents, answered: cells }) => latents > 0 && cells.length > 0);
  const series = grouped(answered, ({ task, split, system }) => `${task} ${split ?? ''} ${system}`);
  return series.flatMap((ofSystem) => {
    const [{ task, system }] = ofSystem;
    const slopes = grouped(ofSystem, ({ channel, rest }) => `${channel ?? ''} ${rest}`).flatMap(slopesBySeed);
    const [first] = slopes;
    if (first === undefined) return [];
    const sameItems = slopes.filter(({ itemSet }) => itemSet === first.itemSet);
    const rows = grouped(sameItems, ({ seed }) => String(seed)).map((ofSeed) =>
      combined(
        ofSeed.map(({ row_I }) => row_I),
        ofSeed.map(() => 1 / ofSeed.length),
      ),
    );
    const effect = bootstrapMean(rows, resamplingOf(first.row_I.length));
    const budgets = [...new Set(ofSystem.map(({ latents }) => latents))].sort((x, y) => x - y);
    const isAboveGuessing = ofSystem.some(isAboveChance);
    return [
      {
        ...{ hypothesis: 'More latents help', task, effect, unit: 'points per doubling of N_L' },
        comparison: `${system}, slope over N_L = ${budgets.join(', ')}`,
        ...{ seeds: rows.length, items: first.row_I.length },
        ruling: rulingOf(effect, 0, isAboveGuessing),
        note: noteOf(rows.length, isAboveGuessing),
      },
    ];
  });
}

interface SeedSlope {
  readonly seed: number;
  readonly itemSet: string;
  /** One number per item, whose mean is the slope. */
  readonly row_I: Float64Array;
}

function slopesBySeed(budgets: readonly CellGroup[]): readonly SeedSlope[] {
  const points = budgets.flatMap(({ latents, answered }) => answered.map((cell) => ({ latents, ...cell })));
  return grouped(points, ({ seed, itemSet }) => `${seed} ${itemSet}`).flatMap((ofSeed) => {
    if (new Set(ofSeed.map(({ latents }) => latents)).size < 2) return [];
    const weights = slopeWeights(ofSeed.map(({ latents }) => Math.log2(latents)));
    const [{ seed, itemSet }] = ofSeed;
    return [
      {
        ...{ seed, itemSet },
        row_I: combined(
          ofSeed.map(({ answers_I }) => answers_I),
          weights,
        ),
      },
    ];
  });
}

function combined(rows: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(rows[0]?.length ?? 0);
  for (const [k, row] of rows.entries()) {
    for (const [i, value] of row.entries()) sum[i] = (sum[i] ?? 0) + (weights[k] ?? 0) * value;
  }
  return sum;
}

function noteOf(seeds: number, isAboveGuessing: boolean): string {
  if (!isAboveGuessing) return 'nothing compared is better than guessing';
  if (seeds === 1) return 'one seed: the interval knows nothing of how seeds scatter';
  return seeds < 5 ? `${seeds} seeds: how seeds scatter is known roughly` : '';
}
