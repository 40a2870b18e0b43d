// The border of what the program knows of the place that it runs from.

export { type ProgramEntry, programEntry } from './entry.ts';
export { packageVersion } from './package-version.ts';
export { removeReadyFile, writeReadyFile } from './ready-file.ts';
export { defaultStateDir } from './state-dir.ts';
