// How to start a trainer process: `fork(trainerEntry, [], { execArgv: [...trainerExecArgv] })`.

import { programEntry } from '../../program/index.ts';

const { path, execArgv } = programEntry('./main', import.meta.url);

/** Absolute path of the trainer process's entry. */
export const trainerEntry = path;
/** Node arguments that let the entry run from any working directory. */
export const trainerExecArgv = execArgv;
