// What the process ends with, for scripts. `lsweep --help` prints this table; change both together with the README.

import { CommanderError } from 'commander';
import { type ErrorCode, LatentSweepError } from '../../workflows/domain/errors.ts';

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  unreachable: 3,
  failedTrials: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    the command failed
  2    wrong usage, or a bad sweep file, configuration, probe, data or weights
  3    the stack (Postgres, Temporal or an orchestrator) is not reachable
  4    the sweep ended with failed trials
  130  interrupted; a sweep that was followed goes on`;

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  ...(['SPEC_INVALID', 'CONFIG_INVALID', 'DATA_INVALID', 'DATA_MISSING', 'WEIGHTS_INVALID'] as const),
  ...(['TOKEN_OUT_OF_RANGE', 'CONTEXT_EXCEEDED', 'NO_TARGETS'] as const),
]);
const UNREACHABLE_CODES: ReadonlySet<ErrorCode> = new Set([
  'STORE_UNREACHABLE',
  'TEMPORAL_UNREACHABLE',
  'STACK_NOT_READY',
]);
/** Help and version reach us as errors too, because commander may not call process.exit here. */
const SHOWN_ON_REQUEST: ReadonlySet<string> = new Set(['commander.helpDisplayed', 'commander.version']);

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return SHOWN_ON_REQUEST.has(error.code) ? EXIT.ok : EXIT.usage;
  if (isInterruption(error)) return EXIT.interrupted;
  if (!(error instanceof LatentSweepError)) return EXIT.failure;
  if (USAGE_CODES.has(error.code)) return EXIT.usage;
  return UNREACHABLE_CODES.has(error.code) ? EXIT.unreachable : EXIT.failure;
}

/** What unlessInterrupted throws; not an error, so nothing is printed. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
