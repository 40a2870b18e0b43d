// Keeps the artifact store from filling: drops checkpoints that newer ones replaced, soon after they are committed, and now and then looks for
// files that nobody's row names. It never decides what is needed (services/store/checkpoints.ts), and nothing waits for it.

import type { Logger } from 'pino';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type ArtifactStore, placeOfCheckpoint } from '../artifacts/index.ts';
import type { CheckpointCollection } from '../store/types.ts';
import { pause } from './persist.ts';

/** The rows and the files that are collected, and for how long a file without a row is safe, in milliseconds. */
export interface CollectorNeeds {
  readonly store: CheckpointCollection;
  /** Asked again each time: the store may be away. */
  readonly openArtifacts: () => Promise<ArtifactStore>;
  /** A file that no row names is left alone for so long after it was put: its row may be on its way. */
  readonly orphanGraceMs: number;
}

const ROUND_MS = 10_000;
/** What a killed replica had noted, and files whose removal failed. */
const ALL_MS = 10 * 60_000;
/** Lists the whole store. */
const ORPHANS_MS = 6 * 3_600_000;
const ORPHANS = 500;

/**
 * Collects replaced checkpoints in rounds of 10 s; everything every 10 minutes, files without rows every 6 hours.
 * Safe in many replicas at once, and interrupted at any moment: the next round goes on.
 */
export class CheckpointCollector {
  readonly #needs: CollectorNeeds;
  readonly #log: Logger;
  readonly #touched = new Set<number>();
  #allAtMs = Number.NEGATIVE_INFINITY;
  #orphansAtMs = Number.NEGATIVE_INFINITY;
  #isRefused = false;

  constructor(needs: CollectorNeeds, log: Logger) {
    this.#needs = needs;
    this.#log = log;
  }

  /** A checkpoint of the phase was committed, or the phase has ended. */
  touch(phaseId: number): void {
    this.#touched.add(phaseId);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.round(performance.now());
      } catch (error) {
        // the next round repeats all of it
        this.#log.info({ error: String(error) }, 'old checkpoints were not all removed');
        if (!(error instanceof LatentSweepError))
          this.#log.error({ error: String(error) }, 'removing checkpoints failed');
      }
      await pause(ROUND_MS, signal);
    }
  }

  /** @param nowMs monotonic @throws LatentSweepError STORE_UNREACHABLE, ARTIFACT_STORE */
  async round(nowMs: number): Promise<void> {
    const { store } = this.#needs;
    const isAllDue = nowMs - this.#allAtMs >= ALL_MS;
    if (this.#touched.size === 0 && !isAllDue) return;
    const phaseIds = [...this.#touched];
    this.#touched.clear();
    try {
      for (const busy of await store.dropCheckpoints(phaseIds)) this.#touched.add(busy);
    } catch (error) {
      for (const phaseId of phaseIds) this.#touched.add(phaseId);
      throw error;
    }
    if (isAllDue) await store.dropAllCheckpoints();
    const artifacts = await this.#needs.openArtifacts();
    if (!(await this.#mayRemove(artifacts))) return;
    if (nowMs - this.#orphansAtMs >= ORPHANS_MS) {
      await this.#noteOrphans(artifacts);
      this.#orphansAtMs = nowMs;
    }
    const removed = await store.removeGarbage((uri) => artifacts.remove(uri));
    if (removed > 0) this.#log.debug({ removed }, 'old checkpoints removed');
    if (isAllDue) this.#allAtMs = nowMs;
  }

  /** Only where all rows are known that name its files. */
  async #mayRemove(artifacts: ArtifactStore): Promise<boolean> {
    const isOurs = await artifacts.claim(await this.#needs.store.installationId());
    if (!isOurs && !this.#isRefused)
      this.#log.warn(
        { store: artifacts.description },
        'the artifact store belongs to another database: no file is removed',
      );
    this.#isRefused = !isOurs;
    return isOurs;
  }

  async #noteOrphans(artifacts: ArtifactStore): Promise<void> {
    const beforeMs = Date.now() - this.#needs.orphanGraceMs;
    let files: { readonly uri: string; readonly phaseKey: string; readonly step: number }[] = [];
    for await (const { uri, modifiedAtMs } of artifacts.list()) {
      const place = placeOfCheckpoint(uri);
      if (place === null || modifiedAtMs > beforeMs) continue;
      files.push({ uri, ...place });
      if (files.length < ORPHANS) continue;
      await this.#needs.store.noteOrphans(files);
      files = [];
    }
    if (files.length > 0) await this.#needs.store.noteOrphans(files);
  }
}
