// The border of the checkpoints.
export { keepLastCheckpoints } from './keep-last.ts';
export type { CheckpointFacts } from './metadata.ts';
export { type Checkpoint, readCheckpoint, SELECTION_PREFIX, weightsOf } from './read-checkpoint.ts';
export { weightsSha256 } from './weights-hash.ts';
export { writeCheckpoint } from './write-checkpoint.ts';
