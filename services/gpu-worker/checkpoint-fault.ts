// A failure that names the checkpoint at fault, so that the store marks exactly that one and the next attempt starts from another. Pure.

import type { CheckpointFault } from '../../workflows/domain/checkpoint-fault.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { StoredCheckpoint } from '../../workflows/domain/segment.ts';
import { placeOfCheckpoint } from '../artifacts/index.ts';

/** @returns the error as it is when it says nothing against the stored checkpoint: a store that is away, a full disk here */
export function checkpointFault(
  error: LatentSweepError,
  whose: 'own' | 'parent',
  checkpoint: StoredCheckpoint,
): LatentSweepError;
export function checkpointFault(error: unknown, whose: 'own' | 'parent', checkpoint: StoredCheckpoint): unknown;
export function checkpointFault(error: unknown, whose: 'own' | 'parent', checkpoint: StoredCheckpoint): unknown {
  if (!(error instanceof LatentSweepError)) return error;
  const fault = error.code === 'CHECKPOINT_DAMAGED' ? 'damaged' : error.details['fault'];
  if (fault !== 'damaged' && fault !== 'missing') return error;
  const { uri, sha256, step } = checkpoint;
  const named: CheckpointFault = {
    ...{ fault, checkpoint: whose, phase: placeOfCheckpoint(uri)?.phaseKey ?? null },
    ...{ step, uri, sha256 },
  };
  const sentence = error.message.slice(`${error.code}: `.length);
  return new LatentSweepError(
    error.code,
    `the checkpoint of ${whose === 'own' ? 'this' : 'the parent'} phase at step ${named.step} is ${fault}: ${sentence}`,
    { ...error.details, ...named },
    error,
  );
}
