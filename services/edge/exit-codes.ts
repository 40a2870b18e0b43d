// What a process ends with, for scripts. `lsweep --help` prints this table; change both together with the README of the command line.

import type { ErrorCode } from '../../workflows/domain/errors.ts';

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
  0    done; also when the reader of a pipe has enough (lsweep ls | head -1)
  1    the command failed
  2    wrong usage, or a bad sweep file, configuration, probe, data or weights
  3    the stack (Postgres, Temporal or an orchestrator) is not reachable
  4    the sweep ended with failed trials
  130  interrupted (Ctrl-C); a sweep that was followed goes on`;

const USAGE: ReadonlySet<ErrorCode> = new Set([
  ...(['SPEC_INVALID', 'CONFIG_INVALID', 'INPUT_INVALID', 'DATA_INVALID', 'DATA_MISSING', 'WEIGHTS_INVALID'] as const),
  ...(['TOKEN_OUT_OF_RANGE', 'CONTEXT_EXCEEDED', 'NO_TARGETS'] as const),
]);
const UNREACHABLE: ReadonlySet<ErrorCode> = new Set([
  ...(['STORE_UNREACHABLE', 'TEMPORAL_UNREACHABLE', 'PEER_UNREACHABLE', 'STACK_NOT_READY'] as const),
]);

export function exitCodeOf(code: ErrorCode): ExitCode {
  if (USAGE.has(code)) return EXIT.usage;
  return UNREACHABLE.has(code) ? EXIT.unreachable : EXIT.failure;
}
