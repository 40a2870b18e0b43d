// Live numbers of running attempts, written together every two seconds. They are never results: when Postgres is away they are dropped.

import type { Logger } from 'pino';
import type { OrchestratorStore } from '../../store/types.ts';
import type { AttemptRef } from './attempt-end.ts';
import type { LiveProgress } from './live-progress.ts';

const WRITE_EVERY_MS = 2_000;

/**
 * Keeps the newest numbers of each attempt and writes all that changed every 2 s; failures are logged, never thrown.
 */
export class ProgressWriter {
  readonly #store: Pick<OrchestratorStore, 'attemptProgress'>;
  readonly #log: Logger;
  readonly #latest = new Map<string, AttemptRef & LiveProgress>();
  readonly #timer: NodeJS.Timeout;

  constructor(store: Pick<OrchestratorStore, 'attemptProgress'>, log: Logger) {
    this.#store = store;
    this.#log = log;
    this.#timer = setInterval(() => void this.#write(), WRITE_EVERY_MS);
    this.#timer.unref();
  }

  note(id: AttemptRef, progress: LiveProgress): void {
    this.#latest.set(`${id.phaseId}/${id.attempt}`, { ...id, ...progress });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #write(): Promise<void> {
    if (this.#latest.size === 0) return;
    const rows = [...this.#latest.values()];
    this.#latest.clear();
    try {
      await this.#store.attemptProgress(rows);
    } catch (error) {
      this.#log.info({ error: String(error) }, 'live progress was not written');
    }
  }
}
