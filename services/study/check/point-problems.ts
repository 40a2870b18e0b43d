// Checks every point of a sweep as a whole: its settings by the schema, then what is impossible together. Each problem is traced
// to where its value stands in the file: an axis, a partial point, or the fixed part.

import { canonicalJson, type GridPoint, gridOf, type SweepSpec, settingsAt } from '../plan/index.ts';
import { isObject, isWithin, type JsonObject, trialSettingsSchema } from '../settings/index.ts';
import type { FilePath } from '../yaml/index.ts';
import { impossibleCombinations } from './impossible-combinations.ts';
import { settingTrees } from './setting-tree.ts';
import { findingsOf, type SpecProblem } from './spec-problem.ts';

/** More would hide the first ones; a bad value of an axis is one problem however many points it has. */
const MOST_PROBLEMS = 50;

/**
 * @param placeOf where the values of an axis stand in the file
 * @param incomplete part of the file could not be read, so that nothing can be called missing
 */
export function pointProblems(
  spec: SweepSpec,
  placeOf: (axis: string) => FilePath,
  incomplete: boolean,
): readonly SpecProblem[] {
  const { settings: tree } = settingTrees();
  const grid = gridOf(spec);
  if (grid.points === 0) return [{ at: ['exclude'], onKey: true, sentence: 'exclude leaves no point of the grid' }];
  const problems = new Map<string, SpecProblem>();
  const add = (problem: SpecProblem, identity = problem.sentence): void => {
    const key = `${problem.at.join('\n')} ${identity}`;
    if (!problems.has(key)) problems.set(key, problem);
  };
  for (let index = 0; index < grid.points && problems.size < MOST_PROBLEMS; index++) {
    const point = grid.point(index);
    const written = settingsAt(spec.fixed, point, spec.seeds[0] ?? 0);
    const sourceOf = (path: FilePath): FilePath => placeInFile(spec, point, placeOf, path);
    const parsed = trialSettingsSchema.safeParse(written);
    if (!parsed.success) {
      for (const { path, kind, sentence } of findingsOf(parsed.error.issues, written, tree)) {
        if (kind === 'missing' && incomplete) continue;
        const system = kind === 'missing' && path.join('.') === 'system';
        const hint = system ? '; give system, systems, or an axis system' : '';
        add({ at: sourceOf(path), onKey: kind === 'unknown_key', sentence: `${sentence}${hint}` });
      }
      continue;
    }
    const { model } = parsed.data;
    const shape = 'weights' in model ? (spec.files[model.weights]?.shape ?? null) : null;
    for (const { key, sentence, once } of impossibleCombinations(parsed.data, shape, explicit(spec.fixed, point))) {
      add({ at: sourceOf(key.split('.')), onKey: false, sentence }, once ? key : sentence);
    }
  }
  return [...problems.values()];
}

/** What the file says of top-level keys, to tell `base: null` from a missing base. */
function explicit(fixed: JsonObject, { values }: GridPoint): JsonObject {
  return { ...fixed, ...values };
}

function placeInFile(spec: SweepSpec, point: GridPoint, placeOf: (axis: string) => FilePath, path: FilePath): FilePath {
  const dotted = path.join('.');
  // the longest path that covers it was set last; of a key inside an object value the place goes on below
  const source = Object.keys(point.values)
    .filter((given) => isWithin(dotted, given) || isWithin(given, dotted))
    .sort((a, b) => b.split('.').length - a.split('.').length)
    .find((given) => isWithin(dotted, given) || !isObject(spec.fixed[String(path[0])]));
  if (source === undefined) return path;
  const below = path.slice(source.split('.').length);
  if (point.include !== null && Object.hasOwn(spec.include[point.include] ?? {}, source)) {
    return ['include', point.include, source, ...below];
  }
  const wanted = canonicalJson(point.values[source] ?? null);
  const values = spec.axes.find((axis) => axis.path === source)?.values ?? [];
  const index = values.findIndex((value) => canonicalJson(value ?? null) === wanted);
  return [...placeOf(source), Math.max(0, index), ...below];
}
