// What is wrong with a sweep file, as sentences that help: the key, its value, what is allowed, the nearest match. Where it stands is
// a path into the file; who reads the text knows the line (services/sweep-file).

import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import type { FilePath } from '../yaml/index.ts';
import type { SettingTree } from './setting-tree.ts';

export interface SpecProblem {
  /** Place in the file; the nearest ancestor that exists has the line. */
  readonly at: FilePath;
  /** Whether the key itself is wrong rather than its value. */
  readonly onKey: boolean;
  /** Begins with the key. */
  readonly sentence: string;
}

/** A problem at a path of the settings or of the file. */
export interface Finding {
  readonly path: FilePath;
  readonly kind: 'unknown_key' | 'missing' | 'value';
  readonly sentence: string;
}

/**
 * @param tree of the schema that the issues come from
 * @param root what was parsed
 */
export function findingsOf(issues: readonly z.core.$ZodIssue[], root: unknown, tree: SettingTree): readonly Finding[] {
  return issues.flatMap((issue) => findings(issue, [], root, tree));
}

function findings(issue: z.core.$ZodIssue, above: FilePath, root: unknown, tree: SettingTree): readonly Finding[] {
  const path = [...above, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branch = bestBranch(issue.errors);
    if (branch !== null) return branch.flatMap((inner) => findings(inner, path, root, tree));
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      kind: 'unknown_key',
      sentence: unknownKey([...path, key].join('.'), key, tree.keysAt(path, atPath(root, path))),
    }));
  }
  const value = atPath(root, path);
  const name = visibleLine(path.join('.')) || 'the file';
  if (issue.code === 'custom')
    return [{ path, kind: 'value', sentence: `${name}: ${shown(value)} is refused; allowed: ${issue.message}` }];
  const allowed = `${tree.allowedAt(path) || issue.message}${beyondIntegers(value)}`;
  if (value === undefined) return [{ path, kind: 'missing', sentence: `${name} is missing; allowed: ${allowed}` }];
  const nearest = typeof value === 'string' ? nearestOf(value, tree.wordsAt(path)) : null;
  const sentence = `${name}: ${shown(value)} is not allowed; allowed: ${allowed}${didYouMean(nearest)}`;
  return [{ path, kind: 'value', sentence }];
}

export function unknownKey(name: string, key: string, allowed: readonly string[]): string {
  return `${visibleLine(name)} is an unknown key; allowed: ${allowed.join(', ') || 'none'}${didYouMean(nearestOf(key, allowed))}`;
}

/** Nobody misspells more. */
const LONGEST_WORD = 200;

/** The nearest word, if it is near enough to be what was meant. */
export function nearestOf(word: string, words: readonly string[]): string | null {
  if (words.length === 0 || word.length > LONGEST_WORD) return null;
  const near = closest(word, [...words]);
  return distance(word, near) <= Math.max(2, Math.ceil(word.length / 2)) ? near : null;
}

export const didYouMean = (nearest: string | null): string => (nearest === null ? '' : `; did you mean ${nearest}?`);

/** @returns null when no alternative fits even in kind: then the value itself is wrong, not something inside it */
function bestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | null {
  const inside = branches.filter((issues) =>
    issues.every(
      (issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys' || issue.code === 'invalid_union',
    ),
  );
  const cost = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  const [best] = inside.toSorted((a, b) => cost(a) - cost(b));
  return best ?? null;
}

/** Every whole number of the schema ends there, which `a whole number >= 0` does not say. */
function beyondIntegers(value: unknown): string {
  const isBeyond = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isBeyond ? `, up to ${Number.MAX_SAFE_INTEGER} (2^53 - 1)` : '';
}

function shown(value: unknown): string {
  const text = visibleLine(typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing'));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function atPath(root: unknown, path: FilePath): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}
