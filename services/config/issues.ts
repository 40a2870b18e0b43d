// A refusal that helps: key, where it stands, the value, what is allowed, the nearest match. Every fault of a file is listed at once.

import { closest } from 'fastest-levenshtein';
import type { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { visibleLine } from '../../workflows/domain/visible-text.ts';
import { keysOf } from './leaves.ts';
import { redactUrl } from './redact.ts';
import { valueAt } from './value-at.ts';

/** Where a value came from: `lsweep.yaml line 4`, or the variable's name; undefined = a default. */
export type SourceOf = (path: readonly PropertyKey[]) => string | undefined;

export function configError(
  issues: readonly z.core.$ZodIssue[],
  values: unknown,
  sourceOf: SourceOf,
): LatentSweepError {
  const sentences = issues.map((issue) => sentence(issue, values, sourceOf));
  const first = issues[0];
  return new LatentSweepError('CONFIG_INVALID', sentences.join('\n'), {
    key: first === undefined ? '' : keyOf(first),
    count: issues.length,
  });
}

function keyOf(issue: z.core.$ZodIssue): string {
  const extra = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return [...issue.path, ...extra].join('.');
}

function sentence(issue: z.core.$ZodIssue, values: unknown, sourceOf: SourceOf): string {
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysOf(issue.path.map(String)) ?? [];
    return issue.keys
      .map((key) => {
        const path = [...issue.path, key];
        return `${visibleLine(path.join('.'))}${place(sourceOf(path))} is an unknown key; allowed: ${allowed.join(', ')}; nearest: ${closest(key, [...allowed])}`;
      })
      .join('\n');
  }
  const value = valueAt(values, issue.path);
  const options = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  const nearest = options.length > 0 && typeof value === 'string' ? `; nearest: ${closest(value, options)}` : '';
  return `${issue.path.join('.') || 'the file'}${place(sourceOf(issue.path))} is ${show(value)}; allowed: ${allowed(issue)}${nearest}`;
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return issue.values.join(', ');
    case 'invalid_type':
      return issue.expected === 'object'
        ? `a section with the keys ${(keysOf(issue.path.map(String)) ?? []).join(', ')}`
        : `a value of type ${issue.expected}`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array' ? 'not empty' : `${issue.minimum} or more`;
    case 'too_big':
      return `${issue.maximum} or less`;
    default:
      return issue.message;
  }
}

function place(source: string | undefined): string {
  return source === undefined ? '' : ` (${source})`;
}

function show(value: unknown): string {
  return typeof value === 'string'
    ? visibleLine(JSON.stringify(redactUrl(value)))
    : visibleLine(typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'missing'));
}
