// Group commit: segments of all attempts that are ready together go to Postgres in one transaction; round trips are the cost
// (docs/design/architecture.md section 6). One flush at a time, so that what arrives meanwhile forms the next group.

import type { Logger } from 'pino';
import type { CommitOutcome, OrchestratorStore, SegmentCommit } from '../store/types.ts';
import { persist } from './persist.ts';

/** Most segments of one transaction; bounds its memory and the time that a fenced one holds the others up. */
const GROUP = 64;
/** Most rows of one transaction, unless one segment has more: a second's work for Postgres. */
const GROUP_ROWS = 100_000;

interface Pending {
  readonly segment: SegmentCommit;
  resolve(outcome: CommitOutcome): void;
  reject(error: unknown): void;
}

/**
 * Commits segments in groups of at most 64; a bad segment fails alone. Commits reject with what the store throws,
 * except STORE_UNREACHABLE, which they wait out.
 */
export class SegmentCommitter {
  readonly #store: Pick<OrchestratorStore, 'commitSegments'>;
  readonly #signal: AbortSignal;
  readonly #log: Logger;
  readonly #pending: Pending[] = [];
  #flushing = false;

  constructor(store: Pick<OrchestratorStore, 'commitSegments'>, signal: AbortSignal, log: Logger) {
    this.#store = store;
    this.#signal = signal;
    this.#log = log;
  }

  /** Resolves once the segment is in Postgres, or refused. One at a time per attempt: the caller awaits it before the next. */
  commit(segment: SegmentCommit): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ segment, resolve, reject });
      if (!this.#flushing) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    // lets every stream that has a segment in hand join the group
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) await this.#flushGroup(this.#nextGroup());
    this.#flushing = false;
  }

  #nextGroup(): readonly Pending[] {
    let rows = 0;
    const end = this.#pending.slice(0, GROUP).findIndex(({ segment }, place) => {
      rows += rowsOf(segment);
      return place > 0 && rows > GROUP_ROWS;
    });
    return this.#pending.splice(0, end === -1 ? GROUP : end);
  }

  async #flushGroup(group: readonly Pending[]): Promise<void> {
    try {
      const outcomes = await this.#write(group);
      group.forEach((one, i) => one.resolve(outcomes[i] ?? 'fenced'));
    } catch (error) {
      if (group.length === 1) {
        group[0]?.reject(error);
        return;
      }
      // one bad segment must not take the others with it
      for (const one of group) await this.#flushGroup([one]);
    }
  }

  #write(group: readonly Pending[]): Promise<readonly CommitOutcome[]> {
    return persist(() => this.#store.commitSegments(group.map((one) => one.segment)), this.#signal, this.#log);
  }
}

function rowsOf({ metrics, items }: SegmentCommit): number {
  return metrics.reduce((rows, { steps }) => rows + steps.length, items.length);
}
