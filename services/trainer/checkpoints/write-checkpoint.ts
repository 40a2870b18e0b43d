// Writes a checkpoint so that a reader sees the whole file or none: temporary name, fsync, rename, fsync of the folder.
// It never touches an earlier checkpoint; a full disk ends as DISK_FULL with the temporary file removed.

import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isDiskFull } from '../../../workflows/domain/disk-full.ts';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { NamedTensors } from '../../tensor/runtime/index.ts';
import { safetensorsPieces } from '../../tensor/safetensors/index.ts';
import type { LocalCheckpoint } from '../jobs/protocol.ts';
import { type CheckpointFacts, checkpointMetadata } from './metadata.ts';

/** File name of a step's checkpoint; sorts by step. */
const checkpointName = (step: number): string => `step-${String(step).padStart(9, '0')}.safetensors`;

/**
 * @param directory made when missing
 * @throws LatentSweepError DISK_FULL or ARTIFACT_STORE naming the file
 */
export function writeCheckpoint(directory: string, facts: CheckpointFacts, tensors: NamedTensors): LocalCheckpoint {
  const name = checkpointName(facts.step);
  const path = join(directory, name);
  const temporary = join(directory, `.${name}.tmp`);
  try {
    mkdirSync(directory, { recursive: true });
    const written = writeWhole(temporary, safetensorsPieces(tensors, checkpointMetadata(facts)));
    renameSync(temporary, path);
    syncDirectory(directory);
    return { path, step: facts.step, ...written };
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary);
    throw writeFailure(path, cause);
  }
}

function writeWhole(path: string, pieces: Iterable<Uint8Array>): { readonly sha256: string; readonly bytes: number } {
  const hash = createHash('sha256');
  let bytes = 0;
  const fd = openSync(path, 'w');
  try {
    for (const piece of pieces) {
      hash.update(piece);
      for (let done = 0; done < piece.byteLength; ) done += writeSync(fd, piece, done, piece.byteLength - done);
      bytes += piece.byteLength;
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return { sha256: hash.digest('hex'), bytes };
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writeFailure(path: string, cause: unknown): LatentSweepError {
  const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return isDiskFull(cause)
    ? new LatentSweepError('DISK_FULL', `no room for the checkpoint ${path} (${errno})`, { path, errno }, cause)
    : new LatentSweepError(
        'ARTIFACT_STORE',
        `cannot write the checkpoint ${path} (${errno || String(cause)})`,
        { path, errno },
        cause,
      );
}
