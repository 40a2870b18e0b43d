// Whatever reaches the end of a process, as an error of the project. What nobody knows is a defect: INTERNAL with its first line, the rest
// goes to a file (error-details.ts). Never throws.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { asLibraryError } from './library-errors.ts';
import { asSystemError } from './system-errors.ts';

/** Of a library that the process uses; null = not its own. */
export type ErrorInterpreter = (error: Error) => LatentSweepError | null | Promise<LatentSweepError | null>;

/** Of causes and of the parts of an AggregateError: beyond it a chain is a circle. */
const MOST_LINKS = 16;

/** @param interpreters of the libraries in use, asked after what is known here */
export async function interpretError(
  error: unknown,
  interpreters: readonly ErrorInterpreter[] = [],
): Promise<LatentSweepError> {
  for (const link of chainOf(error)) {
    if (link instanceof LatentSweepError) return link;
    const known = asSystemError(link) ?? asLibraryError(link) ?? (await askAll(interpreters, link));
    if (known !== null) return known;
  }
  return new LatentSweepError('INTERNAL', defectText(error), {}, error);
}

async function askAll(interpreters: readonly ErrorInterpreter[], error: Error): Promise<LatentSweepError | null> {
  for (const interpret of interpreters) {
    try {
      const known = await interpret(error);
      if (known !== null) return known;
    } catch {
      // an interpreter that cannot be loaded here has not thrown the error that is to be told
    }
  }
  return null;
}

/** The error, then what it was made of, nearest first. */
function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && chain.length < MOST_LINKS) {
    const next = waiting.shift();
    if (!(next instanceof Error) || chain.includes(next)) continue;
    chain.push(next);
    waiting.push(next.cause, ...(next instanceof AggregateError ? (next.errors as readonly unknown[]) : []));
  }
  return chain;
}

function defectText(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  const line = text.split('\n', 1)[0] ?? '';
  return `an unforeseen error: ${line === '' ? 'without a message' : line}`;
}
