// Where checkpoints live between machines. Files are immutable; the caller's name contains part of the content's hash.

/** A stored file as Postgres and the proto know it. */
export interface StoredArtifact {
  /** Name relative to the root of the store, such as `checkpoints/<phaseKey>/<step>-<sha12>.safetensors`. */
  readonly uri: string;
  /** Hex SHA-256 of the content. */
  readonly sha256: string;
  readonly bytes: number;
}

/** What every failure is: ARTIFACT_STORE (unreachable, missing, not allowed), DISK_FULL, or CHECKPOINT_DAMAGED (size or hash differ). */
export interface ArtifactStore {
  /** For messages; without credentials. */
  readonly description: string;
  /**
   * Stores a local file; durable when it resolves. Idempotent: a file that is there already with this size is kept.
   *
   * @throws LatentSweepError CHECKPOINT_DAMAGED when `path` does not have the size and hash of `artifact`
   */
  put(path: string, artifact: StoredArtifact): Promise<void>;
  /** Copies to a local file that appears under `path` only whole and verified. */
  fetch(artifact: StoredArtifact, path: string): Promise<void>;
  has(artifact: StoredArtifact): Promise<boolean>;
  /** No error when it is not there. */
  remove(uri: string): Promise<void>;
}

/** The name of a checkpoint: unique for its content, readable for people. */
export function checkpointUri(phaseKey: string, step: number, sha256: string): string {
  return `checkpoints/${phaseKey}/${step}-${sha256.slice(0, 12)}.safetensors`;
}
