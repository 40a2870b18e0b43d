// The rows of a corpus: its token stream cut into sequences of S tokens, every epoch in another order. A pure function of (seed, step).

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { SplitName } from '../tasks/index.ts';
import { TrainingOrder } from './order.ts';
import type { TokenStore } from './token-store.ts';

/** What base and corpus stage read, from a corpus or from a task's examples (running-text.ts). */
export interface TrainingText {
  /** @returns [rows][length] token ids of a step, counted from 1 */
  rowsOf(step: number, rows: number, length: number): readonly (readonly number[])[];
}

export class CorpusText implements TrainingText {
  readonly #store: TokenStore;
  readonly #seed: number;
  #order: { readonly rows: number; readonly length: number; readonly order: TrainingOrder } | null = null;

  constructor(store: TokenStore, seed: number) {
    this.#store = store;
    this.#seed = seed;
  }

  /** @throws LatentSweepError DATA_INVALID for a text shorter than one sequence */
  rowsOf(step: number, rows: number, length: number): readonly (readonly number[])[] {
    return this.#orderOf(rows, length)
      .examplesOf(step)
      .map((index) => this.#store.read('train', index * length, length));
  }

  #orderOf(rows: number, length: number): TrainingOrder {
    if (this.#order?.rows === rows && this.#order.length === length) return this.#order.order;
    const order = new TrainingOrder(this.#seed, sequencesIn(this.#store, 'train', length, 1), rows);
    this.#order = { rows, length, order };
    return order;
  }
}

/**
 * Whole sequences of a split.
 * @throws LatentSweepError DATA_INVALID for fewer than `needed`
 */
export function sequencesIn(store: TokenStore, split: SplitName, length: number, needed: number): number {
  const tokens = store.counts[split];
  const sequences = Math.floor(tokens / length);
  if (sequences >= needed) return sequences;
  const advice =
    split === 'train'
      ? 'give more text, or a shorter sequence'
      : `give more text, lower task.${split}, or raise task.heldOut`;
  throw new LatentSweepError(
    'DATA_INVALID',
    `task.files: the ${split} text has ${tokens} tokens, ${sequences} of ${needed} sequences of ${length} that are needed: ${advice}`,
    { key: 'task.files', split, tokens, sequences, needed, length },
  );
}
