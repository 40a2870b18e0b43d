// The outer edge of a process that is no command: what its start, a callback or a forgotten promise throws ends it with a sentence on
// stderr (which the local stack keeps in the log of the process) and an exit code, never with a stack. To be called first.

import { resolve } from 'node:path';
import { defaultStateDir } from '../program/index.ts';
import { DEBUG_VARIABLE } from './error-details.ts';
import type { ErrorInterpreter } from './interpret-error.ts';
import { reportError } from './report-error.ts';

/** @param interpreters of the libraries that the process uses */
export function endOnErrors(interpreters: readonly ErrorInterpreter[]): void {
  const endWith = async (thrown: unknown): Promise<void> => {
    const debug = isDebugAsked(process.env);
    const stateDir = resolve(
      process.env['LSWEEP_DIR'] || '.',
      process.env['LSWEEP_STATE_DIR'] || defaultStateDir(undefined, process.env),
    );
    const { text, exitCode } = await reportError(thrown, { json: false, debug, stateDir, interpreters });
    // a pipe takes it later; process.exit would cut it
    process.stderr.write(`${text}\n`, () => process.exit(exitCode));
  };
  // a start that fails comes here too: the entry module's own rejection
  process.on('uncaughtException', (thrown) => void endWith(thrown));
}

export function isDebugAsked(environment: Readonly<Record<string, string | undefined>>): boolean {
  return !['', '0', 'false', undefined].includes(environment[DEBUG_VARIABLE]);
}
