// How long nothing was heard, in ticks of this process. A suspension of the process itself (laptop lid, SIGSTOP) counts as one tick, since
// nobody could have been heard meanwhile. Pure: the caller brings the clock.

export class Silence {
  readonly #tickMs: number;
  #silentMs = 0;
  #tickedAtMs: number;

  /** @param tickMs interval at which `tick` will be called */
  constructor(tickMs: number, nowMs: number) {
    this.#tickMs = tickMs;
    this.#tickedAtMs = nowMs;
  }

  /** Something was heard. */
  touch(): void {
    this.#silentMs = 0;
  }

  /** @returns milliseconds of silence until now */
  tick(nowMs: number): number {
    const passedMs = nowMs - this.#tickedAtMs;
    this.#tickedAtMs = nowMs;
    this.#silentMs += Math.min(passedMs, 2 * this.#tickMs);
    return this.#silentMs;
  }
}
