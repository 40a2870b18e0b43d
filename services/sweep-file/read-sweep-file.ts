// A sweep file from its path to what commands store and plan; or one error that lists everything wrong with it, line by line.

import { dirname, resolve } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { boundedBytes } from '../machine/index.ts';
import { checkSweepFile, type FindFile, type FoundFile } from '../study/check/index.ts';
import { contentHash, countTrials, type SweepSpec } from '../study/plan/index.ts';
import type { ModelShape } from '../study/systems/index.ts';
import { MOST_YAML_BYTES, readYaml } from '../study/yaml/index.ts';
import { fileFinder } from './find-file.ts';

/** A checked sweep file as the store takes it (`NewSweep`). */
export interface ReadSweepFile {
  readonly name: string;
  readonly spec: SweepSpec;
  readonly specHash: string;
  /** Trials; points of the grid that mean the same one are one cell. */
  readonly cells: number;
  readonly priority: number;
  readonly weight: number;
  readonly width: number | null;
}

/** What a name on the hub stands for. */
export interface HubWeights {
  /** The same name with the commit for its revision. */
  readonly weights: string;
  /** Of their content. */
  readonly sha256: string;
  readonly shape: ModelShape;
}

/**
 * As `readSweepFile`, with every name on the hub pinned to the commit that its revision means now: a branch that moves while a sweep runs
 * changes none of its trials.
 * @param describe asks the hub; null = leave the name as it is
 */
export async function readPinnedSweepFile(
  path: string,
  describe: (weights: string) => Promise<HubWeights | null>,
  onMissing: ((path: string) => void) | null = null,
): Promise<ReadSweepFile> {
  const files = fileFinder(dirname(resolve(path)), onMissing);
  const names = new Set<string>();
  const unpinned = read(path, (name, kind) => {
    const found = files(name, kind);
    // of weights only a name on the hub has no facts
    if (kind === 'weights' && found.kind === 'found' && found.facts === null) names.add(name);
    return found;
  });
  if (names.size === 0) return unpinned;
  const pinned = new Map<string, FoundFile>();
  for (const name of names) {
    const described = await describe(name);
    if (described === null) continue;
    const { weights, sha256, shape } = described;
    pinned.set(name, { kind: 'found', name: weights, facts: { sha256, examples: null, shape } });
  }
  return read(path, (name, kind) => (kind === 'weights' ? pinned.get(name) : undefined) ?? files(name, kind));
}

/**
 * @param onMissing for plans: called with each text or benchmark that is not there yet; without it such a file is a problem
 * @throws LatentSweepError SPEC_INVALID without the file, or with one line `file:line: key ...` for each problem
 */
export function readSweepFile(path: string, onMissing: ((path: string) => void) | null = null): ReadSweepFile {
  return read(path, fileFinder(dirname(resolve(path)), onMissing));
}

function read(path: string, findFile: FindFile): ReadSweepFile {
  const yaml = readYaml(bytesOf(path));
  if (yaml.kind === 'refused') throw refusal(path, yaml.faults);
  const { source } = yaml;
  const checked = checkSweepFile(source.data, findFile);
  if (checked.kind === 'refused') {
    const faults = checked.problems.map(({ at, onKey, sentence }) => ({ line: source.lineOf(at, onKey), sentence }));
    throw refusal(path, faults);
  }
  const { spec } = checked;
  const { name, priority, weight, width } = spec;
  return { name, spec, specHash: contentHash(spec), cells: countTrials(spec), priority, weight, width };
}

function bytesOf(path: string): Uint8Array {
  try {
    return boundedBytes(path, MOST_YAML_BYTES);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new LatentSweepError('SPEC_INVALID', `cannot read the sweep file ${path} (${words})`, { path }, cause);
  }
}

/** Listed of a file; more would hide the first ones. */
const MOST_PROBLEMS = 50;
const LONGEST_SENTENCE = 1_000;

function refusal(
  path: string,
  faults: readonly { readonly line: number; readonly sentence: string }[],
): LatentSweepError {
  const told = faults
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, sentence }) => `${path}:${line}: ${printable(sentence)}`);
  // a value that stands three times in a line is told once
  const lines = [...new Set(told)];
  const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`;
  const more = lines.length > MOST_PROBLEMS ? [`... and ${lines.length - MOST_PROBLEMS} more`] : [];
  const listed = [...lines.slice(0, MOST_PROBLEMS), ...more].join('\n');
  return new LatentSweepError('SPEC_INVALID', `${path} has ${count}\n${listed}`, {
    path,
    problems: lines.length,
    first: lines[0] ?? '',
  });
}

/** Keys and values are quoted from the file: what would move a cursor or reverse a line is written as its code. */
function printable(sentence: string): string {
  const cut = sentence.length > LONGEST_SENTENCE ? `${sentence.slice(0, LONGEST_SENTENCE)}...` : sentence;
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, codeOf);
}

const codeOf = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;
