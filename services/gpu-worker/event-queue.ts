// Events of a trainer between their arrival and their reader. After `end` the reader hears what arrived before, then the error, for ever.

import type { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { TrainerEvent } from '../trainer/index.ts';

export class EventQueue {
  readonly #events: TrainerEvent[] = [];
  #over: LatentSweepError | null = null;
  #wake: (() => void) | null = null;

  get isOver(): boolean {
    return this.#over !== null;
  }

  push(event: TrainerEvent): void {
    this.#events.push(event);
    this.#wakeUp();
  }

  /** The first error counts. */
  end(error: LatentSweepError): void {
    this.#over ??= error;
    this.#wakeUp();
  }

  /** One reader at a time. @throws the error given to `end` */
  async next(): Promise<TrainerEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#over !== null) throw this.#over;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Up to and with the last event of a job. */
  async *job(): AsyncGenerator<TrainerEvent> {
    for (;;) {
      const event = await this.next();
      yield event;
      if (isLast(event)) return;
    }
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

export function isLast({ kind }: TrainerEvent): boolean {
  return kind === 'completed' || kind === 'stopped' || kind === 'failed';
}
