// What a sweep file means beside another one of the same name: a sweep keeps its cells, so a file may bring more of them and may say the same
// in other words, but none may go, and no point may come to mean another trial. Compared are trials, never the way they are written. Pure.

import { isObject, isWithin, type JsonObject } from '../settings/index.ts';
import { canonicalJson } from './identity.ts';
import { type PlannedCell, planSweepFile, readSweepSpec } from './plan-sweep-file.ts';
import type { SweepSpec } from './sweep-spec.ts';

export interface SweepComparison {
  /** What the second file takes away from the first, in words with old and new values; empty = it has every cell. */
  readonly lost: readonly string[];
  /** It has cells that the first has not. */
  readonly isWider: boolean;
  /** Keys beside the grid that differ and change how trials run: `resources`, `retries`, `priority`, ... */
  readonly otherKeys: readonly string[];
}

/** Reasons and cells named one by one. */
const MOST_NAMED = 5;

/** @throws LatentSweepError SPEC_INVALID when one of the stored specs cannot be read */
export function compareSweeps(first: unknown, second: unknown): SweepComparison {
  const [before, after] = [readSweepSpec(first), readSweepSpec(second)];
  const seed = before.seeds[0] ?? 0;
  const [had, has] = [cellsAt(before, seed), cellsAt(after, seed)];
  const lost = [...had.byKey.values()].filter((cell) => !has.byKey.has(cell.trial.key));
  const moved = [...had.byKey.values()].filter(({ point, trial }) => {
    const now = has.byPoint.get(canonicalJson(point));
    return now !== undefined && now.trial.key !== trial.key && !had.byKey.has(now.trial.key);
  });
  const seeds = missing(before.seeds, after.seeds);
  return {
    lost: [
      ...(lost.length > 0 || moved.length > 0 ? changesOf({ before, after, had, has, gone: [...lost, ...moved] }) : []),
      ...(seeds.length > 0 ? [`seeds: ${listed(seeds)} ${seeds.length === 1 ? 'is' : 'are'} missing`] : []),
    ],
    isWider: [...has.byKey.keys()].some((key) => !had.byKey.has(key)) || missing(after.seeds, before.seeds).length > 0,
    otherKeys: OTHER_KEYS.filter((key) => canonicalJson(before[key] ?? null) !== canonicalJson(after[key] ?? null)),
  };
}

const OTHER_KEYS = ['search', 'resources', 'retries', 'priority', 'weight', 'width'] as const;

interface Cells {
  readonly byKey: ReadonlyMap<string, PlannedCell>;
  readonly byPoint: ReadonlyMap<string, PlannedCell>;
}

/** All points with one seed: what two files have in common does not depend on which. */
function cellsAt(spec: SweepSpec, seed: number): Cells {
  const plan = planSweepFile({ ...spec, seeds: [seed] });
  const byKey = new Map<string, PlannedCell>();
  const byPoint = new Map<string, PlannedCell>();
  for (let index = 0; index < plan.size; index++) {
    const cell = plan.cell(index);
    if (!byKey.has(cell.trial.key)) byKey.set(cell.trial.key, cell);
    byPoint.set(canonicalJson(cell.point), cell);
  }
  return { byKey, byPoint };
}

interface Change {
  readonly before: SweepSpec;
  readonly after: SweepSpec;
  readonly had: Cells;
  readonly has: Cells;
  readonly gone: readonly PlannedCell[];
}

/** Settings that have lost values, else files with other content, else the cells themselves. */
function changesOf({ before, after, had, has, gone }: Change): readonly string[] {
  const [old, now] = [valuesByPath(had), valuesByPath(has)];
  const written = [before, after].flatMap(({ fixed, axes, include }) => [
    ...leavesOf(fixed).map(([path]) => path),
    ...axes.map(({ path }) => path),
    ...include.flatMap((point) => Object.keys(point)),
  ]);
  const settings = [...old].flatMap(([path, values]) => {
    if (!written.some((one) => isWithin(path, one) || isWithin(one, path))) return [];
    return changeText(path, [...values], [...(now.get(path) ?? [])]);
  });
  const files = Object.keys(before.files)
    .filter((name) => after.files[name] !== undefined && after.files[name].sha256 !== before.files[name]?.sha256)
    .map((name) => `the content of ${name} has changed`);
  const reasons = [...settings, ...files];
  if (reasons.length > 0) return reasons.slice(0, MOST_NAMED);
  const points = gone.slice(0, MOST_NAMED).map(({ point }) => pointText(point));
  const many = gone.length === 1 ? '1 point is' : `${gone.length} points are`;
  return [`${many} missing or different: ${points.join('; ')}`];
}

function changeText(path: string, old: readonly string[], now: readonly string[]): readonly string[] {
  const lost = missing(old, now);
  if (lost.length === 0) return [];
  const [only] = old;
  if (old.length === 1 && only !== undefined) {
    return [`${path} was ${only}, is ${now.length === 0 ? 'not there' : listed(now, ' or ')}`];
  }
  return [`${path}: ${listed(lost)} ${lost.length === 1 ? 'is' : 'are'} missing`];
}

function valuesByPath({ byKey }: Cells): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map<string, Set<string>>();
  for (const { settings } of byKey.values()) {
    for (const [path, value] of leavesOf({ ...settings })) {
      if (path === 'seed') continue;
      const known = values.get(path) ?? new Set();
      values.set(path, known.add(canonicalJson(value)));
    }
  }
  return values;
}

/** Dotted paths with what is no object; lists are values. */
function leavesOf(settings: JsonObject, within = ''): readonly (readonly [string, unknown])[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    isObject(value) ? leavesOf(value, `${within}${key}.`) : [[`${within}${key}`, value] as const],
  );
}

function missing<T>(from: readonly T[], others: readonly T[]): readonly T[] {
  const known = new Set(others);
  return from.filter((one) => !known.has(one));
}

function listed(values: readonly (string | number)[], and = ', '): string {
  const shown = values.slice(0, MOST_NAMED).join(and);
  return values.length > MOST_NAMED ? `${shown} and ${values.length - MOST_NAMED} more` : shown;
}

function pointText(point: JsonObject): string {
  return Object.entries(point)
    .map(([path, value]) => `${path} ${canonicalJson(value)}`)
    .join(', ');
}
