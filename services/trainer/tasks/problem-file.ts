// The problems of a training file, whatever its form: a JSON list, one JSON object a line, or one problem a line in a task's own text. Coconut
// writes `{question, steps, answer}` for every task it has. What a problem must hold is the task's to check.

import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type DataFile, readDataFile } from '../text/index.ts';

export interface WrittenProblem {
  /** JSON data, or a line that is none. */
  readonly value: { readonly kind: 'json'; readonly data: unknown } | { readonly kind: 'text'; readonly text: string };
  /** From 0. */
  readonly index: number;
  /** From 1. In a list it is searched for when asked. */
  readonly line: () => number;
}

export interface ProblemFile {
  readonly form: 'list' | 'lines';
  readonly problems: readonly WrittenProblem[];
}

/** Coconut's form. */
export const coconutSchema = z.object({
  question: z.string().min(1),
  answer: z.string().min(1),
  steps: z.array(z.string()),
});

/** @throws LatentSweepError DATA_INVALID with the line of what is not JSON */
export function problemsIn(file: DataFile): ProblemFile {
  return isList(file) ? listOf(file) : linesOf(file);
}

/**
 * How many problems or items a file has, as lines that are not blank where it is no list; null for none.
 * @throws LatentSweepError DATA_MISSING, or DATA_INVALID as `readDataFile` and for a list that is not JSON
 */
export function countProblems(path: string): number | null {
  const file = readDataFile(path);
  const count = isList(file) ? listOf(file).problems.length : file.text.split('\n').filter(isFilled).length;
  return count === 0 ? null : count;
}

const isList = ({ text }: DataFile): boolean => /^\s*\[/.test(text);
const isFilled = (line: string): boolean => line.trim() !== '';

export function problemError(file: DataFile, line: number, fault: string, cause?: unknown): LatentSweepError {
  return new LatentSweepError('DATA_INVALID', `${file.path}, line ${line}: ${fault}`, { path: file.path, line }, cause);
}

function listOf(file: DataFile): ProblemFile {
  let list: unknown;
  try {
    list = JSON.parse(file.text);
  } catch (cause) {
    throw problemError(file, lineOfJsonError(file.text, cause), 'not JSON', cause);
  }
  const data: readonly unknown[] = Array.isArray(list) ? list : [];
  return {
    form: 'list',
    problems: data.map((one, index) => ({
      value: { kind: 'json', data: one },
      index,
      line: () => lineOfProblem(file.text, index),
    })),
  };
}

function linesOf(file: DataFile): ProblemFile {
  const problems: WrittenProblem[] = [];
  for (const [number, text] of file.text.split('\n').entries()) {
    if (!isFilled(text)) continue;
    const value = /^\s*\{/.test(text) ? jsonOf(file, number + 1, text) : { kind: 'text' as const, text };
    problems.push({ value, index: problems.length, line: () => number + 1 });
  }
  return { form: 'lines', problems };
}

function jsonOf(file: DataFile, line: number, text: string): WrittenProblem['value'] {
  try {
    return { kind: 'json', data: JSON.parse(text) };
  } catch (cause) {
    throw problemError(file, line, 'not JSON', cause);
  }
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** V8 names the place in its message; a text that merely ends too early is reported at its last line. */
function lineOfJsonError(text: string, cause: unknown): number {
  const position = cause instanceof SyntaxError ? /position (\d+)/.exec(cause.message)?.[1] : undefined;
  return lineAt(text, position === undefined ? text.length : Number(position));
}

/** Line on which the index-th object of a top-level list begins. */
function lineOfProblem(text: string, index: number): number {
  let depth = 0;
  let seen = -1;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/g)) {
    const token = match[0];
    if (token === '[' || token === '{') depth++;
    if (token === ']' || token === '}') depth--;
    if (depth === 1 && (token === '[' || token === ',')) seen++;
    if (seen === index) {
      const start = text.slice(match.index + 1).search(/\S/);
      return lineAt(text, match.index + 1 + Math.max(0, start));
    }
  }
  return 1;
}
