// The border of the sweep-file library.

export { type ReadSweepFile, readSweepFile } from './read-sweep-file.ts';
