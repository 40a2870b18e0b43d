// How fast live events of one attempt are read. A trainer shows two a second; who sends more is read no faster, so that its stream fills up
// and holds the sender back (HTTP/2 flow control) instead of taking this process' time from the renewals of other nodes.

/** Read at once after a quiet time: what an attempt that is attached to again has to show. */
const BURST = 20;
const EVERY_MS = 100;

/** At most 10 live events a second on average, 20 at once after a quiet time. It waits for nobody: the caller does. */
export class LivePace {
  /** Up to when the events so far have used their share, monotonic ms. */
  #usedUntilMs = Number.NEGATIVE_INFINITY;

  /** @returns how long to wait before the next event is read, ms */
  next(nowMs: number): number {
    this.#usedUntilMs = Math.max(this.#usedUntilMs, nowMs - BURST * EVERY_MS) + EVERY_MS;
    return Math.max(0, this.#usedUntilMs - nowMs);
  }
}
