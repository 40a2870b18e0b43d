// Which training examples a step sees: every epoch is its own permutation of the split. A pure function of (seed, step), whatever was
// asked for before; the permutations of the last epochs are kept only for speed.

import { draws, permutation } from '../random/draws.ts';

const KEPT_EPOCHS = 2;

export class TrainingOrder {
  readonly #seed: number;
  readonly #size: number;
  readonly #batch: number;
  readonly #epochs = new Map<number, Uint32Array>();

  /** @param size examples of the split; a batch may reach from one epoch into the next */
  constructor(seed: number, size: number, batch: number) {
    this.#seed = seed;
    this.#size = size;
    this.#batch = batch;
  }

  /** Example indices of a step, counted from 1. */
  examplesOf(step: number): readonly number[] {
    return Array.from({ length: this.#batch }, (_, row) => this.#exampleAt((step - 1) * this.#batch + row));
  }

  #exampleAt(position: number): number {
    return this.#epoch(Math.floor(position / this.#size))[position % this.#size] ?? 0;
  }

  #epoch(epoch: number): Uint32Array {
    const known = this.#epochs.get(epoch);
    if (known !== undefined) return known;
    const order = permutation(this.#size, draws('training-order', this.#seed, epoch));
    this.#epochs.set(epoch, order);
    for (const [oldest] of this.#epochs) {
      if (this.#epochs.size <= KEPT_EPOCHS) break;
      this.#epochs.delete(oldest);
    }
    return order;
  }
}
