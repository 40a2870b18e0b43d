// Two cells of the grid on the same questions: McNemar's test for every seed and for all seeds together, the difference in accuracy with
// its bootstrap interval, and Holm's correction over all comparisons of one kind on one task.

import { grouped } from '../grouped.ts';
import type { PairRow } from '../queries/pairs.ts';
import { bootstrapMean, type Estimate } from '../statistics/bootstrap.ts';
import { holm } from '../statistics/holm.ts';
import { mcnemar } from '../statistics/mcnemar.ts';
import type { AnsweredCell, CellGroup } from './cell-groups.ts';
import type { ResamplingOf } from './resampling-of.ts';

export interface PairedCounts {
  readonly items: number;
  readonly bothCorrect: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly neither: number;
  /** McNemar's p: exact, and mid-p. */
  readonly exact: number;
  readonly mid: number;
}

export interface Comparison {
  readonly differs: PairRow['differs'];
  readonly a: CellGroup;
  readonly b: CellGroup;
  readonly bySeed: readonly (PairedCounts & { readonly seed: number })[];
  /** All seeds together: questions count once for every seed, as if they were different ones. */
  readonly pooled: PairedCounts;
  /** Pooled exact p, corrected over all comparisons on this task that differ in the same thing. */
  readonly corrected: number;
  /** Accuracy of a less that of b, bootstrap over seeds and items. */
  readonly difference: Estimate;
  readonly differences: SeedDifferences;
}

/** Answers of a less those of b, item by item, one row per seed; all on one set of items. */
export interface SeedDifferences {
  readonly itemSet: string;
  readonly rows: ReadonlyMap<number, Float64Array>;
}

type Uncorrected = Omit<Comparison, 'corrected'>;

export function compareCells(
  pairs: readonly PairRow[],
  groups: readonly CellGroup[],
  resamplingOf: ResamplingOf,
): readonly Comparison[] {
  const places = placesOf(groups);
  const found = pairs.flatMap((pair) => {
    const a = places.get(placeKey(pair.split, pair.cell_a));
    const b = places.get(placeKey(pair.split, pair.cell_b));
    return a === undefined || b === undefined ? [] : [{ pair, a, b }];
  });
  const comparisons = grouped(found, ({ a, b }) => `${a.index} ${b.index} ${a.cell.itemSet}`).map(
    (members): Uncorrected => {
      const [{ pair, a, b }] = members;
      const bySeed = members.map(({ pair: { seed, ...counts } }) => ({ seed, ...countsOf(counts) }));
      const rows = new Map(members.map((member) => [member.pair.seed, minus(member.a.cell, member.b.cell)]));
      return {
        differs: pair.differs,
        ...{ a: a.group, b: b.group, bySeed },
        pooled: countsOf(sumOf(members.map((member) => member.pair))),
        difference: bootstrapMean([...rows.values()], resamplingOf(pair.items)),
        differences: { itemSet: a.cell.itemSet, rows },
      };
    },
  );
  return grouped(comparisons, ({ differs, a }) => `${differs} ${a.task} ${a.split ?? ''}`).flatMap((family) => {
    const corrected = holm(family.map(({ pooled }) => pooled.exact));
    return family.map((comparison, i) => ({ ...comparison, corrected: corrected[i] ?? 1 }));
  });
}

interface Place {
  readonly group: CellGroup;
  readonly index: number;
  readonly cell: AnsweredCell;
}

const placeKey = (split: string | null, cell: number): string => `${split ?? ''} ${cell}`;

function placesOf(groups: readonly CellGroup[]): ReadonlyMap<string, Place> {
  return new Map(
    groups.flatMap((group, index) =>
      group.answered.map((cell) => [placeKey(group.split, cell.cell), { group, index, cell }] as const),
    ),
  );
}

type Counts = Pick<PairRow, 'items' | 'both_correct' | 'only_a' | 'only_b' | 'neither'>;

function countsOf(counts: Counts): PairedCounts {
  const { items, both_correct: bothCorrect, only_a: onlyA, only_b: onlyB, neither } = counts;
  return { items, bothCorrect, onlyA, onlyB, neither, ...mcnemar(onlyA, onlyB) };
}

function sumOf(all: readonly Counts[]): Counts {
  const sum = (of: (counts: Counts) => number): number => all.reduce((total, counts) => total + of(counts), 0);
  return {
    items: sum(({ items }) => items),
    both_correct: sum((counts) => counts.both_correct),
    only_a: sum((counts) => counts.only_a),
    only_b: sum((counts) => counts.only_b),
    neither: sum(({ neither }) => neither),
  };
}

function minus(a: AnsweredCell, b: AnsweredCell): Float64Array {
  return a.answers_I.map((answer, item) => answer - (b.answers_I[item] ?? 0));
}
