// The border of the command line: what the package's entry and tests build on.

export { EXIT, type ExitCode } from './exit-codes.ts';
export { type GlobalOptions, globalOptions } from './global-options.ts';
export { buildProgram } from './program.ts';
export { runProgram } from './run-program.ts';
