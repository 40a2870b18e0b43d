// The rows that the geometry of a latent space is made of: one per item and slot.

import { Matrix } from 'ml-matrix';
import { draws, permutation } from '../random/draws.ts';

/** `values` is [items, slots, width], row-major. */
export interface LatentRows {
  readonly items: number;
  readonly slots: number;
  readonly width: number;
  readonly values: ArrayLike<number>;
}

/** Rows of one slot, [items, width], centred by the slot's own mean; a column that does not vary becomes exactly zero. */
export function centredSlot(rows: LatentRows, slot: number): Matrix {
  const { items, slots, width, values } = rows;
  const matrix = new Matrix(items, width);
  for (let k = 0; k < width; k++) {
    const column = Array.from({ length: items }, (_, item) => values[(item * slots + slot) * width + k] ?? Number.NaN);
    const first = column[0];
    // the mean of equal numbers may miss them by its rounding
    const mean = column.every((value) => value === first) ? (first ?? 0) : column.reduce((a, b) => a + b, 0) / items;
    column.forEach((value, item) => matrix.set(item, k, value - mean));
  }
  return matrix;
}

/** Rows of all slots, [items * slots, width], centred by their common mean. */
export function centredRows(rows: LatentRows): Matrix {
  const { items, slots, width, values } = rows;
  return centredSlot({ items: items * slots, slots: 1, width, values }, 0);
}

/** The rows of each item dealt anew to the slots: a pure function of the shape, the same deal for every width. */
export function slotShuffled({ items, slots, width, values }: LatentRows): LatentRows {
  const dealt = new Float64Array(items * slots * width);
  for (let item = 0; item < items; item++) {
    const order = permutation(slots, draws('slot-shuffle', item));
    for (let slot = 0; slot < slots; slot++) {
      const from = (item * slots + (order[slot] ?? 0)) * width;
      for (let k = 0; k < width; k++) dealt[(item * slots + slot) * width + k] = values[from + k] ?? Number.NaN;
    }
  }
  return { items, slots, width, values: dealt };
}
