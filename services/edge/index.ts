// The border of the edge: how processes end.

export { endOnErrors, isDebugAsked } from './end-on-errors.ts';
export { EXIT, EXIT_CODES_HELP, type ExitCode, exitCodeOf } from './exit-codes.ts';
export { type ErrorInterpreter } from './interpret-error.ts';
export { reportError, type TellOptions, type ToldError } from './report-error.ts';
