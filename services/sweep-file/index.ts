// The border of the sweep-file library.

export { type HubWeights, type ReadSweepFile, readPinnedSweepFile, readSweepFile } from './read-sweep-file.ts';
