// Checkpoints on local disk, by content: what this node wrote or fetched serves its next attempts. Every use checks size and hash; a damaged
// file is fetched again. The oldest go when the cache is over its bound.

import { link, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { SHA256_HEX } from '../../workflows/domain/ids.ts';
import type { StoredCheckpoint } from '../../workflows/domain/segment.ts';
import { type ArtifactStore, isMissing, isWhole, removeLeftovers, type StoredArtifact } from '../artifacts/index.ts';
import type { LocalCheckpoint } from '../trainer/index.ts';

const SUFFIX = '.safetensors';

export class CheckpointCache {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #artifacts: ArtifactStore;
  readonly #log: Logger;
  /** Attempts that use a file now, by hash. */
  readonly #pins = new Map<string, number>();
  readonly #fetches = new Map<string, Promise<void>>();

  constructor(folder: string, maxBytes: number, artifacts: ArtifactStore, log: Logger) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#artifacts = artifacts;
    this.#log = log;
  }

  /**
   * The checkpoint as a verified local file; it stays until `release`.
   *
   * @throws LatentSweepError ARTIFACT_STORE, DISK_FULL, or CHECKPOINT_DAMAGED when the stored file is not the recorded one
   */
  async take(stored: StoredCheckpoint): Promise<LocalCheckpoint> {
    const { uri, sha256, bytes, step } = stored;
    if (!SHA256_HEX.test(sha256)) {
      throw new LatentSweepError('CHECKPOINT_DAMAGED', `${uri} is recorded with "${sha256}", which is no SHA-256`, {
        ...{ uri, sha256 },
      });
    }
    this.#pins.set(sha256, (this.#pins.get(sha256) ?? 0) + 1);
    try {
      const path = this.#path(sha256);
      const running = this.#fetches.get(sha256) ?? this.#bring(stored, path);
      this.#fetches.set(sha256, running);
      await running.finally(() => this.#fetches.delete(sha256));
      return { path, sha256, bytes, step };
    } catch (error) {
      this.release(sha256);
      throw error;
    }
  }

  /** Whether the file of `checkpoint`, which was taken, is still what it was; the next `take` fetches it again when not. */
  holds(checkpoint: LocalCheckpoint): Promise<boolean> {
    return isWhole(checkpoint.path, checkpoint);
  }

  release(sha256: string): void {
    const count = (this.#pins.get(sha256) ?? 1) - 1;
    if (count > 0) this.#pins.set(sha256, count);
    else this.#pins.delete(sha256);
  }

  /** Keeps a file of this disk that is in the artifact store already. Costs no copy; not keeping it is no failure. */
  async keep(file: LocalCheckpoint): Promise<void> {
    try {
      await link(file.path, this.#path(file.sha256));
      await this.#trim();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
      this.#log.info({ error: String(error) }, 'a checkpoint was not kept in the local cache; it will be fetched');
    }
  }

  /** Removes files that no attempt uses now: newer ones of their phase are there. Not removing one is no failure. */
  async drop(hashes: readonly string[]): Promise<void> {
    for (const sha256 of hashes) {
      if (this.#pins.has(sha256)) continue;
      try {
        await rm(this.#path(sha256), { recursive: true, force: true });
      } catch (error) {
        this.#log.info({ error: String(error) }, 'a checkpoint was not removed from the local cache');
      }
    }
  }

  /** Before the first use: what killed copies left goes, and what a lower bound no longer allows. */
  async tidy(): Promise<void> {
    await removeLeftovers(this.#folder, Date.now(), 0);
    await this.#trim();
  }

  async #bring(artifact: StoredArtifact, path: string): Promise<void> {
    if (await isWhole(path, artifact)) {
      const now = new Date();
      await utimes(path, now, now);
      return;
    }
    await rm(path, { recursive: true, force: true });
    await this.#artifacts.fetch(artifact, path);
    await this.#trim();
  }

  async #trim(): Promise<void> {
    const files: {
      readonly path: string;
      readonly sha256: string;
      readonly bytes: number;
      readonly usedAtMs: number;
    }[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch((error: unknown) => {
        if (isMissing(error)) return null;
        throw error;
      });
      if (found !== null)
        files.push({ path, sha256: name.slice(0, -SUFFIX.length), bytes: found.size, usedAtMs: found.mtimeMs });
    }
    let total = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files.sort((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (total <= this.#maxBytes) return;
      if (this.#pins.has(file.sha256) || !file.path.endsWith(SUFFIX)) continue;
      await rm(file.path, { recursive: true, force: true });
      total -= file.bytes;
    }
  }

  #path(sha256: string): string {
    return join(this.#folder, `${sha256}${SUFFIX}`);
  }
}
