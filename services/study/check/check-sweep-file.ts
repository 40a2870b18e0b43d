// From the data of a sweep file to the spec that is stored, with everything that is wrong with it at once. Pure: what files hold is
// asked of the caller.

import { canonicalJson, cellsBeforeExclusion, type FileFacts, type SweepSpec } from '../plan/index.ts';
import {
  FILE_KEYS,
  type FileKind,
  isObject,
  isWithin,
  type JsonObject,
  SETTING_KEYS,
  type SweepFields,
  sweepFieldsSchema,
  valueAt,
  withFileNames,
  withFileNamesIn,
} from '../settings/index.ts';
import type { FilePath } from '../yaml/index.ts';
import { pointProblems } from './point-problems.ts';
import { settingPaths, settingTrees } from './setting-tree.ts';
import { didYouMean, findingsOf, nearestOf, type SpecProblem, unknownKey } from './spec-problem.ts';

/** Ten times the largest grid that was run; planning looks at every cell. */
const MOST_CELLS = 1_000_000;

/** Comparisons of points with `exclude`, at most: a few seconds. */
const MOST_EXCLUSIONS = 100_000_000;
/** More would hide the first ones. */
const MOST_PROBLEMS = 200;
/** Of an axis, in a sentence. */
const LISTED_VALUES = 50;

/** What is known of a file that the settings name: the name to plan with and its facts, or why it cannot be used. */
export type FoundFile =
  | { readonly kind: 'found'; readonly name: string; readonly facts: FileFacts | null }
  | { readonly kind: 'refused'; readonly reason: string };

export type FindFile = (name: string, kind: FileKind) => FoundFile;

export type CheckedSweepFile =
  | { readonly kind: 'ok'; readonly spec: SweepSpec }
  | { readonly kind: 'refused'; readonly problems: readonly SpecProblem[] };

/** @param raw the file as JSON data */
export function checkSweepFile(raw: unknown, findFile: FindFile): CheckedSweepFile {
  if (!isObject(raw)) {
    const sentence = `the file is no map of keys; it begins with name, model, task, system and axes`;
    return { kind: 'refused', problems: [{ at: [], onKey: false, sentence }] };
  }
  const { fields, fixed, problems: fieldProblems } = splitFields(raw);
  const problems = [...fieldProblems];
  const axisProblems = [...overlaps(fields, fixed), ...badPaths(fields)];
  problems.push(...axisProblems);

  const good = withoutBadPaths(fields, axisProblems);
  const tooMany = [...excess(good)];
  if (tooMany.length > 0) return { kind: 'refused', problems: distinctOf([...problems, ...tooMany]) };
  const { spec, problems: fileProblems } = specOf(good, fixed, findFile);
  problems.push(...fileProblems, ...pointProblems(spec, placesOf(fields), fieldProblems.length > 0));
  const distinct = distinctOf(problems);
  return distinct.length === 0 ? { kind: 'ok', spec } : { kind: 'refused', problems: distinct };
}

const distinctOf = (problems: readonly SpecProblem[]): readonly SpecProblem[] => [
  ...new Map(problems.map((one) => [`${one.at.join('.')} ${one.sentence}`, one])).values(),
];

interface SplitFile {
  readonly fields: SweepFields;
  readonly fixed: JsonObject;
  readonly problems: readonly SpecProblem[];
}

/** Fields that cannot be read are left at their defaults, so that the rest is still checked. */
function splitFields(raw: JsonObject): SplitFile {
  const fixed = Object.fromEntries(Object.entries(raw).filter(([key]) => SETTING_KEYS.includes(key)));
  const rest = Object.fromEntries(Object.entries(raw).filter(([key]) => !SETTING_KEYS.includes(key)));
  const parsed = sweepFieldsSchema.safeParse(rest);
  if (parsed.success) return { fields: parsed.data, fixed, problems: [] };
  const { file } = settingTrees();
  const { issues } = parsed.error;
  const problems = findingsOf(issues.slice(0, MOST_PROBLEMS), rest, file).map(
    ({ path, kind, sentence }): SpecProblem => {
      const [key] = path;
      const unknown = kind === 'unknown_key' && path.length === 1 && typeof key === 'string';
      return {
        at: path,
        onKey: kind === 'unknown_key',
        sentence: unknown ? unknownKey(key, key, FILE_KEYS) : sentence,
      };
    },
  );
  const bad = new Set(issues.flatMap((one) => (one.code === 'unrecognized_keys' ? one.keys : one.path.slice(0, 1))));
  const readable = Object.fromEntries(Object.entries(rest).filter(([key]) => !bad.has(key)));
  return { fields: sweepFieldsSchema.parse({ name: 'unnamed', ...readable }), fixed, problems };
}

/** Where the values of each axis stand in the file. */
function placesOf({ systems }: SweepFields): (axis: string) => FilePath {
  return (axis) => (axis === 'system' && systems !== undefined ? ['systems'] : ['axes', axis]);
}

function* overlaps(fields: SweepFields, fixed: JsonObject): Generator<SpecProblem> {
  const { axes, systems } = fields;
  const given = ['system' in fixed ? 'system' : '', systems ? 'systems' : '', 'system' in axes ? 'axes.system' : ''];
  const both = given.filter((name) => name !== '');
  if (both.length > 1) {
    const at = both.includes('systems') ? ['systems'] : ['axes', 'system'];
    yield { at, onKey: true, sentence: `${both.join(' and ')} are all given: keep exactly one` };
  }
  for (const path of Object.keys(axes)) {
    if (path === 'system' || valueAt(fixed, path) === undefined) continue;
    yield { at: ['axes', path], onKey: true, sentence: `axes.${path} and ${path} are both given: keep exactly one` };
  }
}

/** Refused before a point is made: what follows takes a time in proportion to the points. */
function* excess(fields: SweepFields): Generator<SpecProblem> {
  const cells = cellsBeforeExclusion({ axes: axesOf(fields), include: fields.include, seeds: seedsOf(fields) });
  if (cells <= MOST_CELLS) {
    const points = cells / seedsOf(fields).length;
    const { length } = fields.exclude;
    if (points * length <= MOST_EXCLUSIONS) return;
    const sentence = `exclude has ${length} partial points for ${points} points of the grid; allowed: at most ${Math.floor(MOST_EXCLUSIONS / points)} for so many`;
    yield { at: ['exclude'], onKey: true, sentence };
    return;
  }
  const counts = axesOf(fields).map(({ path, values }) => `${path} ${values.length}`);
  const factors = [...counts, `seeds ${seedsOf(fields).length}`].join(' x ');
  const more = fields.include.length === 0 ? '' : ' and include';
  yield {
    at: fields.systems === undefined || Object.keys(fields.axes).length > 0 ? ['axes'] : ['systems'],
    onKey: true,
    sentence: `axes make ${cells} cells (${factors}${more}); allowed: at most ${MOST_CELLS} in a sweep`,
  };
}

function* badPaths({ axes, include, exclude, systems }: SweepFields): Generator<SpecProblem> {
  const known = settingPaths();
  for (const [path, values] of Object.entries(axes)) {
    if (!known.includes(path))
      yield { at: ['axes', path], onKey: true, sentence: unknownSetting(`axes.${path}`, path, known) };
    const seen = new Set<string>();
    for (const [index, text] of values.map(canonicalJson).entries()) {
      if (seen.has(text))
        yield { at: ['axes', path, index], onKey: false, sentence: `axes.${path} has the value ${text} twice` };
      seen.add(text);
    }
  }
  for (const [index, point] of include.entries()) {
    for (const path of Object.keys(point)) {
      if (!known.includes(path))
        yield {
          at: ['include', index, path],
          onKey: true,
          sentence: unknownSetting(`include.${index}.${path}`, path, known),
        };
    }
  }
  const values = Object.entries(systems ? { ...axes, system: systems } : axes);
  const texts = new Map(values.map(([path, ones]) => [path, new Set(ones.map(canonicalJson))]));
  for (const [index, point] of exclude.entries()) {
    for (const [path, value] of Object.entries(point)) {
      yield* badExclusion(index, path, value, texts);
    }
  }
}

/** @param axes values of each axis, as JSON */
function* badExclusion(
  index: number,
  path: string,
  value: unknown,
  axes: ReadonlyMap<string, ReadonlySet<string>>,
): Generator<SpecProblem> {
  const at = ['exclude', index, path];
  const values = axes.get(path);
  if (values === undefined) {
    const names = [...axes.keys()];
    const sentence = `exclude.${index}.${path} is no axis of this file; axes: ${names.join(', ') || 'none'}${didYouMean(nearestOf(path, names))}`;
    yield { at, onKey: true, sentence };
  } else if (!values.has(canonicalJson(value))) {
    const texts = [...values].slice(0, LISTED_VALUES).map((text) => text.replace(/^"(.*)"$/, '$1'));
    const nearest = typeof value === 'string' ? nearestOf(value, texts) : null;
    const more = values.size > LISTED_VALUES ? `, and ${values.size - LISTED_VALUES} more` : '';
    const sentence = `exclude.${index}.${path}: ${canonicalJson(value)} is no value of this axis, so it excludes nothing; values: ${texts.join(', ')}${more}${didYouMean(nearest)}`;
    yield { at, onKey: false, sentence };
  }
}

/** Lists the settings beside the nearest one: all of them would fill a screen. */
function unknownSetting(name: string, path: string, known: readonly string[]): string {
  if (isWithin(path, 'seed')) return `${name} is not a setting; give seeds instead`;
  const parent = path.split('.').slice(0, -1).join('.');
  const siblings = known.filter((one) => one.split('.').slice(0, -1).join('.') === parent);
  const listed = siblings.length > 0 ? siblings : known.filter((one) => !one.includes('.'));
  return `${name} is not a setting; allowed here: ${listed.join(', ')}${didYouMean(nearestOf(path, known))}`;
}

/** What is refused already is left out, a partial point of `exclude` as a whole: with fewer values it would exclude more. */
function withoutBadPaths(fields: SweepFields, problems: readonly SpecProblem[]): SweepFields {
  const isBad = (...at: FilePath): boolean =>
    problems.some((problem) => problem.onKey && problem.at.join('\n') === at.join('\n'));
  const without = (values: JsonObject, isRefused: (path: string) => boolean): JsonObject =>
    Object.fromEntries(Object.entries(values).filter(([path]) => !isRefused(path)));
  return {
    ...fields,
    axes: Object.fromEntries(Object.entries(fields.axes).filter(([path]) => !isBad('axes', path))),
    include: fields.include.map((point, index) => without(point, (path) => isBad('include', index, path))),
    exclude: fields.exclude.filter((point, index) =>
      Object.keys(point).every((path) => !isBad('exclude', index, path)),
    ),
  };
}

function axesOf({ systems, axes }: SweepFields): SweepSpec['axes'] {
  const listed = Object.entries(axes).map(([path, values]) => ({ path, values }));
  return systems === undefined ? listed : [{ path: 'system', values: systems }, ...listed];
}

function seedsOf({ seeds }: SweepFields): number[] {
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, seed) => seed) : [...new Set(seeds)];
}

function specOf(
  fields: SweepFields,
  fixed: JsonObject,
  findFile: FindFile,
): { spec: SweepSpec; problems: SpecProblem[] } {
  const { name, description, search, resources, retries, priority, weight, width } = fields;
  const files: Record<string, FileFacts> = {};
  const problems: SpecProblem[] = [];
  const rename =
    (at: FilePath) =>
    (name: string, kind: FileKind, below: readonly string[]): string => {
      const found = findFile(name, kind);
      if (found.kind === 'refused') {
        problems.push({ at: [...at, ...below], onKey: false, sentence: found.reason });
        return name;
      }
      if (found.facts !== null) files[found.name] = found.facts;
      return found.name;
    };
  const listed = axesOf(fields).map(({ path, values }) => ({
    path,
    values: values.map((value, index) => withFileNames(path, value, rename(['axes', path, index]))),
  }));
  const points = (key: 'include' | 'exclude'): JsonObject[] =>
    fields[key].map((point, index) => withFileNamesIn(point, rename([key, index])));
  const spec: SweepSpec = {
    ...{ format: 1, name, description, search, resources, priority, weight, width },
    ...(retries === undefined ? {} : { retries }),
    fixed: withFileNamesIn(fixed, rename([])),
    axes: listed,
    include: points('include'),
    exclude: points('exclude'),
    seeds: seedsOf(fields),
    files,
  };
  return { spec, problems };
}
