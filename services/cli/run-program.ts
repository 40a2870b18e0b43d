// Runs the program on an argument vector and turns whatever it throws into a message and an exit code. A person never sees a
// stack of a known error; of an unknown one they see it, because it is a defect.

import { CommanderError } from 'commander';
import { ERRORS, LatentSweepError } from '../../workflows/domain/errors.ts';
import { EXIT, exitCodeOf, isInterruption } from './exit-codes.ts';
import { buildProgram } from './program.ts';

/** @returns the exit code; a command that must end with another one than 0 or an error's sets process.exitCode itself */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync([...argv]);
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommanderError || isInterruption(error))) {
      process.stderr.write(`${errorText(error, argv.includes('--json'))}\n`);
    }
    return exitCodeOf(error);
  }
}

/** One line `CODE: sentence` and what to do; as JSON an object with the details too. */
function errorText(error: unknown, json: boolean): string {
  if (error instanceof LatentSweepError) {
    const { code, details, message } = error;
    const { advice } = ERRORS[code];
    return json ? JSON.stringify({ error: { code, message, advice, details } }) : `${message}\n${advice}`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return json ? JSON.stringify({ error: { code: ERROR_WITHOUT_CODE, message: text } }) : text;
}

const ERROR_WITHOUT_CODE = 'INTERNAL';
