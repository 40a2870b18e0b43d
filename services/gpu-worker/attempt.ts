// One attempt as orchestrators see it: what it recorded, what it shows live, and who watches. It knows nothing of trainers (attempt-run.ts).

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type AttemptReport, RunPhaseResponse } from '../gen/latentsweep/worker/v1/worker.ts';
import type { DurableEvent } from '../rpc/index.ts';
import type { Spool } from './spool.ts';
import type { LiveEvent } from './trainer-events.ts';

export interface AttemptId {
  readonly phaseKey: string;
  /** Fencing number. */
  readonly attempt: number;
  readonly slot: number;
}

export class Attempt {
  readonly id: AttemptId;
  readonly spool: Spool;
  #isOver = false;
  #isFenced = false;
  #step: number;
  #started: LiveEvent | null = null;
  #progress: LiveEvent | null = null;
  readonly #wakes = new Set<() => void>();

  /** @param step where it begins */
  constructor(id: AttemptId, step: number, spool: Spool) {
    this.id = id;
    this.spool = spool;
    this.#step = step;
  }

  /** An attempt of the worker's former process: over, or cut off. */
  static recovered(id: AttemptId, spool: Spool): Attempt {
    const attempt = new Attempt(id, 0, spool);
    for (const { event } of spool.unacknowledged) if (event !== undefined) attempt.#note(event);
    return attempt;
  }

  /** Its last event is recorded. */
  get isOver(): boolean {
    return this.#isOver;
  }
  /** A newer attempt of the phase came: nobody will want its events. */
  get isFenced(): boolean {
    return this.#isFenced;
  }
  get hasUnacknowledged(): boolean {
    return this.spool.unacknowledged.length > 0;
  }

  report(): AttemptReport {
    const { phaseKey, attempt, slot } = this.id;
    const { lastSeq } = this.spool;
    return { phaseKey, attempt, slot, running: !this.#isOver, step: BigInt(this.#step), lastSeq };
  }

  /** Live numbers: the newest reach the watchers, none is kept. */
  show(event: LiveEvent): void {
    if (event.$case === 'started') this.#started = event;
    this.#progress = event;
    this.#step = Number(event.value.step);
    this.#wakeAll();
  }

  /** Durable when it resolves. One call at a time. @throws LatentSweepError DISK_FULL, ARTIFACT_STORE */
  async record(event: DurableEvent): Promise<void> {
    await this.spool.append(event);
    this.#note(event);
    this.#wakeAll();
  }

  /** As `record`, for a last event that the disk does not take: watchers hear it, a restart of the worker does not. */
  recordInMemory(event: DurableEvent): void {
    this.spool.appendInMemory(event);
    this.#note(event);
    this.#wakeAll();
  }

  /** Watchers hear FENCED. */
  fence(): void {
    this.#isFenced = true;
    this.#wakeAll();
  }

  /** @returns whether nothing of the attempt is left to tell */
  async acknowledge(seq: bigint): Promise<boolean> {
    await this.spool.acknowledge(seq);
    return this.#isOver && !this.hasUnacknowledged;
  }

  async removeSpool(): Promise<void> {
    await this.spool.remove();
    this.#wakeAll();
  }

  async closeSpool(): Promise<void> {
    await this.spool.close();
  }

  /**
   * What is not acknowledged after `afterSeq`, then what comes, to the last event.
   *
   * @throws LatentSweepError FENCED once a newer attempt has come; NOT_FOUND when the reader knows more than the spool, whose disk is damaged
   */
  async *follow(afterSeq: bigint, signal: AbortSignal): AsyncGenerator<RunPhaseResponse> {
    const { lastSeq } = this.spool;
    if (afterSeq > lastSeq) {
      throw new LatentSweepError(
        'NOT_FOUND',
        `the spool ends at event ${lastSeq}, ${afterSeq} was asked for: it was damaged`,
        {
          afterSeq: Number(afterSeq),
          lastSeq: Number(lastSeq),
        },
      );
    }
    let seq = afterSeq;
    let shown = this.#started;
    if (this.#started !== null && !this.#isOver) yield RunPhaseResponse.create({ event: this.#started });
    while (!signal.aborted) {
      if (this.#isFenced) {
        const { phaseKey, attempt } = this.id;
        throw new LatentSweepError('FENCED', `attempt ${attempt} of phase ${phaseKey} gave way to a newer one`, {
          attempt,
        });
      }
      const next = this.spool.next(seq);
      if (next !== undefined) {
        seq = next.seq;
        yield next;
      } else if (this.#isOver) {
        return;
      } else if (this.#progress !== null && this.#progress !== shown) {
        shown = this.#progress;
        yield RunPhaseResponse.create({ event: shown });
      } else {
        await this.#woken(signal);
      }
    }
  }

  #note(event: NonNullable<RunPhaseResponse['event']>): void {
    if (event.$case === 'segment') this.#step = Number(event.value.toStep);
    this.#isOver = event.$case === 'completed' || event.$case === 'stopped' || event.$case === 'failed';
  }

  #wakeAll(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  #woken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wakes.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wakes.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
