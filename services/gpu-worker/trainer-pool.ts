// The trainers of a node and who gets the next one. Without waiting places every attempt has its own slot; with them all slots are alike, and
// whoever waited longest takes the first that is free, so that no slot idles while an attempt waits for another.

import type { SlotOptions } from './options.ts';
import type { Trainer } from './trainer.ts';
import type { AfterJob, TrainerSlot } from './trainer-slot.ts';

export class TrainerPool {
  readonly #slots: readonly TrainerSlot[];
  readonly #waitingPlaces: number;
  readonly #free: TrainerSlot[];
  /** In order of arrival. */
  readonly #waiting = new Set<(slot: TrainerSlot) => void>();

  constructor(slots: readonly TrainerSlot[], waitingPlaces: number) {
    this.#slots = slots;
    this.#waitingPlaces = waitingPlaces;
    this.#free = [...slots];
  }

  /** Attempts that may be on the node at a time. */
  get places(): number {
    return this.#slots.length + this.#waitingPlaces;
  }

  /** Attempts that run at a time. */
  get slots(): number {
    return this.#slots.length;
  }

  /** @param place 0-based, below `places` */
  optionsOf(place: number): SlotOptions {
    const slot = this.#slots[place] ?? this.#slots[0];
    if (slot === undefined) throw new RangeError('a node without slots has no places');
    return slot.options;
  }

  /**
   * Runs `job` on a trainer when there is one; does nothing when `signal` fires before.
   *
   * @throws LatentSweepError TRAINER_NOT_STARTED when no trainer could be started, and what `job` throws
   */
  async use(place: number, signal: AbortSignal, job: (trainer: Trainer) => Promise<AfterJob>): Promise<void> {
    const own = this.#slots[place];
    if (this.#waitingPlaces === 0 && own !== undefined) {
      await own.use(signal, job);
      return;
    }
    const slot = this.#free.shift() ?? (await this.#next(signal));
    if (slot === null) return;
    try {
      await slot.use(signal, job);
    } finally {
      this.#giveBack(slot);
    }
  }

  #giveBack(slot: TrainerSlot): void {
    const [first] = this.#waiting;
    if (first === undefined) this.#free.push(slot);
    else first(slot);
  }

  /** @returns null when aborted */
  #next(signal: AbortSignal): Promise<TrainerSlot | null> {
    return new Promise((resolve) => {
      const leave = (slot: TrainerSlot | null): void => {
        signal.removeEventListener('abort', abort);
        this.#waiting.delete(leave);
        resolve(slot);
      };
      const abort = (): void => leave(null);
      if (signal.aborted) {
        resolve(null);
        return;
      }
      signal.addEventListener('abort', abort);
      this.#waiting.add(leave);
    });
  }
}
