// Reads a checkpoint and believes nothing that its hash does not cover.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { STEP_DECODER } from '../../study/systems/index.ts';
import type { NamedTensors } from '../../tensor/runtime/index.ts';
import { readSafetensors } from '../../tensor/safetensors/index.ts';
import type { LocalCheckpoint } from '../jobs/protocol.ts';
import { type CheckpointFacts, parseCheckpointMetadata } from './metadata.ts';

export interface Checkpoint {
  readonly facts: CheckpointFacts;
  readonly tensors: NamedTensors;
}

const CHUNK_BYTES = 1 << 23;
/** Of tensors that a choice between checkpoints keeps beside the weights (phases/checkpoint-choice.ts). */
export const SELECTION_PREFIX = 'selection.';
/** What lies beside the weights: optimizer state (engine/types.ts), a choice, and the step decoder, which serves training alone. */
const BESIDE = ['adam_m.', 'adam_v.', SELECTION_PREFIX, STEP_DECODER];

/** @throws LatentSweepError CHECKPOINT_DAMAGED naming the file and what does not fit */
export function readCheckpoint(checkpoint: LocalCheckpoint): Checkpoint {
  const { path, sha256, step } = checkpoint;
  const found = hashFile(path);
  if (found !== sha256) throw damaged(path, `has SHA-256 ${found}, recorded was ${sha256}`);
  let read: ReturnType<typeof readSafetensors>;
  try {
    read = readSafetensors(path);
  } catch (cause) {
    throw damaged(path, 'is not a whole safetensors file', cause);
  }
  const facts = parseCheckpointMetadata(read.metadata);
  if (facts === null) throw damaged(path, 'lacks the metadata of a checkpoint');
  if (facts.step !== step) throw damaged(path, `belongs to step ${facts.step}, recorded was ${step}`);
  return { facts, tensors: read.tensors };
}

/** The weights of the system alone. */
export function weightsOf(tensors: NamedTensors): NamedTensors {
  return new Map([...tensors].filter(([name]) => !BESIDE.some((prefix) => name.startsWith(prefix))));
}

function hashFile(path: string): string {
  const hash = createHash('sha256');
  try {
    const fd = openSync(path, 'r');
    try {
      const chunk = new Uint8Array(CHUNK_BYTES);
      for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) hash.update(chunk.subarray(0, read));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw damaged(path, 'cannot be read', cause);
  }
  return hash.digest('hex');
}

function damaged(path: string, fault: string, cause?: unknown): LatentSweepError {
  return new LatentSweepError('CHECKPOINT_DAMAGED', `the checkpoint ${path} ${fault}`, { path }, cause);
}
