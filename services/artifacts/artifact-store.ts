// Where checkpoints live between machines. Files are immutable; the caller's name contains part of the content's hash.

/** A stored file as Postgres and the proto know it. */
export interface StoredArtifact {
  /** Name relative to the root of the store, such as `checkpoints/<phaseKey>/<step>-<sha12>.safetensors`. */
  readonly uri: string;
  /** Hex SHA-256 of the content. */
  readonly sha256: string;
  readonly bytes: number;
}

/** A file as it lies there, whoever put it. */
export interface ListedFile {
  readonly uri: string;
  readonly bytes: number;
  /** Wall clock of the store: when it was put last. */
  readonly modifiedAtMs: number;
}

/**
 * What every failure is: ARTIFACT_STORE (away, not allowed; with `fault: 'missing'` in its details when the store is there and the file alone is
 * not), DISK_FULL, or CHECKPOINT_DAMAGED (size or hash differ).
 */
export interface ArtifactStore {
  /** For messages; without credentials. */
  readonly description: string;
  /**
   * Stores a local file; durable when it resolves. Idempotent: a file that is there already with this content is kept, one with another content
   * is replaced as a whole.
   *
   * @throws LatentSweepError CHECKPOINT_DAMAGED when `path` does not have the size and hash of `artifact`
   */
  put(path: string, artifact: StoredArtifact): Promise<void>;
  /** Copies to a local file that appears under `path` only whole and verified. */
  fetch(artifact: StoredArtifact, path: string): Promise<void>;
  /** Whether it is there with this content; reads it. */
  has(artifact: StoredArtifact): Promise<boolean>;
  /** No error when it is not there. */
  remove(uri: string): Promise<void>;
  /** Makes `owner`, the id of a database, the one that may have files deleted, unless another is. @returns whether it is */
  claim(owner: string): Promise<boolean>;
  /** Every file, in no order. */
  list(): AsyncIterable<ListedFile>;
}

/** The name of a checkpoint: unique for its content, readable for people. */
export function checkpointUri(phaseKey: string, step: number, sha256: string): string {
  return `checkpoints/${phaseKey}/${step}-${sha256.slice(0, 12)}.safetensors`;
}

const CHECKPOINT_URI = /^checkpoints\/([0-9a-f]{32})\/(\d{1,9})-[0-9a-f]{12}\.safetensors$/;

/** What the name of a checkpoint says; null for any other file. */
export function placeOfCheckpoint(uri: string): { readonly phaseKey: string; readonly step: number } | null {
  const [, phaseKey, step] = CHECKPOINT_URI.exec(uri) ?? [];
  return phaseKey === undefined || step === undefined ? null : { phaseKey, step: Number(step) };
}
