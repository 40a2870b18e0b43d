// Ends a trainer whose steps stop: found by the progress of its steps, measured against its own pace, never by the life of its process. A
// trainer that is stopped, blocked or busy with nothing is found alike. A suspension of the whole machine does not count against it.

import { Silence } from '../machine/index.ts';
import type { TrainerEvent } from '../trainer/index.ts';
import { type PaceLimits, StepPace } from './step-pace.ts';

export class StallWatch {
  readonly #pace: StepPace;
  readonly #silence: Silence;
  readonly #timer: NodeJS.Timeout;

  /** @param onStall called once, with the silence that was too long */
  constructor(limits: PaceLimits, onStall: (silentMs: number) => void) {
    const tickMs = Math.min(1_000, Math.ceil(limits.stallMs / 10));
    this.#pace = new StepPace(limits);
    this.#silence = new Silence(tickMs, performance.now());
    this.#timer = setInterval(() => {
      const silentMs = this.#silence.tick(performance.now());
      if (silentMs < this.#pace.limitMs) return;
      this.close();
      onStall(silentMs);
    }, tickMs);
  }

  /** How long a step may take at present. */
  get limitMs(): number {
    return this.#pace.limitMs;
  }

  heard(event: TrainerEvent): void {
    const step = stepOf(event);
    if (step === null) return;
    if (this.#pace.advance(step, this.#silence.tick(performance.now()))) this.#silence.touch();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function stepOf(event: TrainerEvent): number | null {
  switch (event.kind) {
    case 'started':
    case 'progress':
      return event.step;
    case 'segment':
      return event.toStep;
    case 'ready':
    case 'completed':
    case 'stopped':
    case 'failed':
      return null;
  }
}
