// How to start a trainer process: `fork(trainerEntry, [], { execArgv: [...trainerExecArgv] })`.

import { fileURLToPath } from 'node:url';

/** Absolute path of the trainer process's entry. */
export const trainerEntry = fileURLToPath(new URL('./main.ts', import.meta.url));
/** Node arguments that let the entry run as TypeScript from any working directory. */
export const trainerExecArgv: readonly string[] = ['--import', import.meta.resolve('tsx')];
