// Runs the program on an argument vector and turns whatever it throws into a message and an exit code (services/edge). A person sees a
// code, a sentence and what to do; a stack only with --debug.

import { existsSync } from 'node:fs';
import { CommanderError } from 'commander';
import { type ErrorInterpreter, EXIT, isDebugAsked, reportError } from '../edge/index.ts';
import { defaultStateDir } from '../program/index.ts';
import { isInterruption } from './interruption.ts';
import { buildProgram } from './program.ts';

/** Loaded only for an error that nothing else explains: a command that needs neither must not wait for them. */
const INTERPRETERS: readonly ErrorInterpreter[] = [
  async (error) => (await import('../orchestrator/index.ts')).asTemporalError(error, 'temporal.address'),
  async (error) => (await import('../store/index.ts')).postgresError(error),
  async (error) => (await import('../rpc/index.ts')).callError(error),
];

/** @returns the exit code; a command that must end with another one than 0 or an error's sets process.exitCode itself */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    const program = await buildProgram(argv.slice(2));
    await program.parseAsync([...argv]);
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok;
  } catch (error) {
    return await reportEnd(error, argv);
  }
}

/** Says on stderr what a command ended with. @returns its exit code */
export async function reportEnd(thrown: unknown, argv: readonly string[]): Promise<number> {
  // help and version on request reach us as errors too, with 0, because commander may not call process.exit here
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (isInterruption(thrown)) return EXIT.interrupted;
  const { text, exitCode } = await reportError(thrown, {
    json: argv.includes('--json'),
    debug: argv.includes('--debug') || isDebugAsked(process.env),
    stateDir: stateFolder(argv),
    interpreters: INTERPRETERS,
  });
  process.stderr.write(`${text}\n`);
  return exitCode;
}

/** Where details are kept; an error must not make a state folder where there is none. */
function stateFolder(argv: readonly string[]): string | null {
  const flag = argv.findIndex((argument) => argument === '--dir' || argument.startsWith('--dir='));
  const argument = argv[flag] ?? '';
  const named = argument === '--dir' ? argv[flag + 1] : argument.slice('--dir='.length);
  const folder = defaultStateDir(named || undefined, process.env);
  return existsSync(folder) ? folder : null;
}
