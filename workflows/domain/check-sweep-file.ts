// From the data of a sweep file to the spec that is stored, with everything that is wrong with it at once. Pure: what files hold is
// asked of the caller.

import { isObject, isWithin, type JsonObject, valueAt } from './dotted-path.ts';
import { canonicalJson } from './identity.ts';
import type { FileKind } from './named-files.ts';
import { withFileNames, withFileNamesIn } from './named-files.ts';
import { pointProblems } from './point-problems.ts';
import { settingPaths, settingTrees } from './setting-tree.ts';
import { didYouMean, type FilePath, findingsOf, nearestOf, type SpecProblem, unknownKey } from './spec-problem.ts';
import { FILE_KEYS, SETTING_KEYS, type SweepFields, sweepFieldsSchema } from './sweep-file.ts';
import type { FileFacts, SweepSpec } from './sweep-spec.ts';

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

  const { spec, problems: fileProblems } = specOf(withoutBadPaths(fields, axisProblems), fixed, findFile);
  problems.push(...fileProblems, ...pointProblems(spec, placesOf(fields), fieldProblems.length > 0));
  const distinct = [...new Map(problems.map((one) => [`${one.at.join('.')} ${one.sentence}`, one])).values()];
  return distinct.length === 0 ? { kind: 'ok', spec } : { kind: 'refused', problems: distinct };
}

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
  const problems = findingsOf(parsed.error.issues, rest, file).map(({ path, kind, sentence }): SpecProblem => {
    const [key] = path;
    const unknown = kind === 'unknown_key' && path.length === 1 && typeof key === 'string';
    return {
      at: path,
      onKey: kind === 'unknown_key',
      sentence: unknown ? unknownKey(key, key, FILE_KEYS) : sentence,
    };
  });
  const bad = new Set(problems.map((problem) => problem.at[0]));
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

function* badPaths({ axes, include, exclude, systems }: SweepFields): Generator<SpecProblem> {
  const known = settingPaths();
  for (const [path, values] of Object.entries(axes)) {
    if (!known.includes(path))
      yield { at: ['axes', path], onKey: true, sentence: unknownSetting(`axes.${path}`, path, known) };
    const texts = values.map(canonicalJson);
    for (const [index, text] of texts.entries()) {
      if (texts.indexOf(text) < index)
        yield { at: ['axes', path, index], onKey: false, sentence: `axes.${path} has the value ${text} twice` };
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
  const values: Readonly<Record<string, readonly unknown[]>> = systems ? { ...axes, system: systems } : axes;
  for (const [index, point] of exclude.entries()) {
    for (const [path, value] of Object.entries(point)) {
      yield* badExclusion(index, path, value, values);
    }
  }
}

function* badExclusion(
  index: number,
  path: string,
  value: unknown,
  axes: Readonly<Record<string, readonly unknown[]>>,
): Generator<SpecProblem> {
  const at = ['exclude', index, path];
  const values = axes[path];
  if (values === undefined) {
    const names = Object.keys(axes);
    const sentence = `exclude.${index}.${path} is no axis of this file; axes: ${names.join(', ') || 'none'}${didYouMean(nearestOf(path, names))}`;
    yield { at, onKey: true, sentence };
  } else if (!values.map(canonicalJson).includes(canonicalJson(value))) {
    const texts = values.map((one) => (typeof one === 'string' ? one : canonicalJson(one)));
    const nearest = typeof value === 'string' ? nearestOf(value, texts) : null;
    const sentence = `exclude.${index}.${path}: ${canonicalJson(value)} is no value of this axis, so it excludes nothing; values: ${texts.join(', ')}${didYouMean(nearest)}`;
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

function specOf(
  fields: SweepFields,
  fixed: JsonObject,
  findFile: FindFile,
): { spec: SweepSpec; problems: SpecProblem[] } {
  const { systems, axes, seeds, ...rest } = fields;
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
  const listed = Object.entries(axes).map(([path, values]) => ({
    path,
    values: values.map((value, index) => withFileNames(path, value, rename(['axes', path, index]))),
  }));
  const points = (key: 'include' | 'exclude'): JsonObject[] =>
    fields[key].map((point, index) => withFileNamesIn(point, rename([key, index])));
  const spec: SweepSpec = {
    ...rest,
    format: 1,
    fixed: withFileNamesIn(fixed, rename([])),
    axes: systems === undefined ? listed : [{ path: 'system', values: systems }, ...listed],
    include: points('include'),
    exclude: points('exclude'),
    seeds: typeof seeds === 'number' ? Array.from({ length: seeds }, (_, seed) => seed) : [...new Set(seeds)],
    files,
  };
  return { spec, problems };
}
