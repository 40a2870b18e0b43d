// Mean cosine between the slots of one item: whether an item's latents say the same thing several times.

import type { LatentRows } from './latent-rows.ts';

export interface SlotCosine {
  /** Mean over all pairs; NaN with one slot. */
  readonly overall: number;
  /** Mean over items of cos(z_i, z_j), i < j; NaN where a latent is zero. */
  readonly pairs: readonly { readonly i: number; readonly j: number; readonly value: number }[];
}

export function slotCosine(rows: LatentRows): SlotCosine {
  const { items, slots } = rows;
  const pairs = Array.from({ length: slots }, (_, i) => i).flatMap((i) =>
    Array.from({ length: slots - i - 1 }, (_, index) => {
      const j = i + 1 + index;
      let total = 0;
      for (let item = 0; item < items; item++) total += cosine(rows, item * slots + i, item * slots + j);
      return { i, j, value: total / items };
    }),
  );
  return { overall: pairs.reduce((sum, { value }) => sum + value, 0) / pairs.length, pairs };
}

function cosine({ width, values }: LatentRows, a: number, b: number): number {
  let [dot, squareA, squareB] = [0, 0, 0];
  for (let k = 0; k < width; k++) {
    const [x, y] = [values[a * width + k] ?? 0, values[b * width + k] ?? 0];
    dot += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return dot / Math.sqrt(squareA * squareB);
}
