// An error in the words of its reader: `CODE: sentence`, what to do, and the exit code of the process. No stack, unless it is asked for.

import { ERRORS, LatentSweepError } from '../../workflows/domain/errors.ts';
import { visibleText } from '../../workflows/domain/visible-text.ts';
import { stackText, writeErrorDetails } from './error-details.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';
import { type ErrorInterpreter, interpretError } from './interpret-error.ts';

export interface TellOptions {
  /** One JSON object instead of lines. */
  readonly json: boolean;
  /** Shows the stack too. */
  readonly debug: boolean;
  /** Gets the details of a defect; null = the folder for temporary files does. */
  readonly stateDir: string | null;
  readonly interpreters?: readonly ErrorInterpreter[];
}

export interface ToldError {
  readonly error: LatentSweepError;
  readonly exitCode: ExitCode;
  /** For stderr, without a newline at its end. */
  readonly text: string;
}

export async function reportError(thrown: unknown, options: TellOptions): Promise<ToldError> {
  const error = await interpretError(thrown, options.interpreters);
  const isDefect = !(thrown instanceof LatentSweepError) && error.code === 'INTERNAL';
  const file = isDefect ? writeErrorDetails(thrown, options.stateDir, new Date()) : null;
  const text = options.json ? jsonText(error, file) : plainText(error, file);
  const stack = options.debug ? `\n${stackText(thrown)}` : '';
  return { error, exitCode: exitCodeOf(error.code), text: visibleText(`${text}${stack}`) };
}

function plainText({ code, message }: LatentSweepError, file: string | null): string {
  const { advice } = ERRORS[code];
  return `${message}\n${advice}${file === null ? '' : `\nDetails: ${file}`}`;
}

function jsonText({ code, message, details }: LatentSweepError, file: string | null): string {
  const { advice } = ERRORS[code];
  return JSON.stringify({ error: { code, message, advice, details, ...(file === null ? {} : { file }) } });
}
