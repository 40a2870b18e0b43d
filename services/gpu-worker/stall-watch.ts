// Ends a trainer that says nothing for too long. A suspension of the whole machine does not count against it.

import { Silence } from './silence.ts';

export class StallWatch {
  readonly #silence: Silence;
  readonly #timer: NodeJS.Timeout;

  constructor(stallMs: number, onStall: () => void) {
    const tickMs = Math.min(1_000, Math.ceil(stallMs / 10));
    this.#silence = new Silence(tickMs, performance.now());
    this.#timer = setInterval(() => {
      if (this.#silence.tick(performance.now()) < stallMs) return;
      this.close();
      onStall();
    }, tickMs);
  }

  touch(): void {
    this.#silence.touch();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
