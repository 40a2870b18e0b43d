// How one process of the program starts another: from the compiled files when it runs from them itself, else from the sources, which tsx, or the
// loader that this process was started with, lets Node load from any working directory.

import { fileURLToPath } from 'node:url';

export interface ProgramEntry {
  /** Absolute path of the module to run. */
  readonly path: string;
  /** Arguments of Node that come before it. */
  readonly execArgv: readonly string[];
}

/**
 * @param module path of a TypeScript file without `.ts`, from the caller's folder
 * @param caller the caller's `import.meta.url`
 */
export function programEntry(module: string, caller: string): ProgramEntry {
  const isCompiled = caller.endsWith('.js');
  return {
    path: fileURLToPath(new URL(`${module}${isCompiled ? '.js' : '.ts'}`, caller)),
    execArgv: isCompiled ? [] : ['--import', sourceLoader()],
  };
}

function sourceLoader(): string {
  const { execArgv } = process;
  const own = execArgv[execArgv.indexOf('--import') + 1] ?? '';
  return own.startsWith('file:') ? own : import.meta.resolve('tsx');
}
