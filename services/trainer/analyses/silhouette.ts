// Silhouette with slots as clusters, Euclidean distance (docs/design/study.md section 7).

import type { LatentRows } from './latent-rows.ts';

export interface Silhouette {
  /** Mean over all points; NaN with one slot, which has no other to be far from. */
  readonly overall: number;
  readonly bySlot: readonly number[];
}

/** O((items * slots)^2 * width); 0 for points that are alone in their cluster. */
export function silhouette(rows: LatentRows): Silhouette {
  const { items, slots } = rows;
  if (slots < 2 || items === 0) return { overall: Number.NaN, bySlot: Array<number>(slots).fill(Number.NaN) };
  const sums = distanceSums(rows);
  const totals = new Float64Array(slots);
  for (let point = 0; point < items * slots; point++) {
    const slot = point % slots;
    totals[slot] = (totals[slot] ?? 0) + width(sums.subarray(point * slots, (point + 1) * slots), slot, items);
  }
  const bySlot = Array.from(totals, (total) => total / items);
  return { overall: bySlot.reduce((sum, one) => sum + one, 0) / slots, bySlot };
}

/** s of one point. @param sums of distances to every slot */
function width(sums: Float64Array, own: number, items: number): number {
  if (items === 1) return 0;
  const within = (sums[own] ?? 0) / (items - 1);
  const nearest = sums.reduce((least, sum, slot) => (slot === own ? least : Math.min(least, sum / items)), Infinity);
  const larger = Math.max(within, nearest);
  return larger === 0 ? 0 : (nearest - within) / larger;
}

/** [points, slots]: sums of distances from each point to the points of each slot. */
function distanceSums({ items, slots, width: size, values }: LatentRows): Float64Array {
  const points = Float64Array.from(values);
  const sums = new Float64Array(items * slots * slots);
  for (let p = 0; p < items * slots; p++) {
    for (let q = 0; q < p; q++) {
      let square = 0;
      for (let k = 0; k < size; k++) {
        const difference = (points[p * size + k] ?? 0) - (points[q * size + k] ?? 0);
        square += difference * difference;
      }
      const distance = Math.sqrt(square);
      const [toQ, toP] = [p * slots + (q % slots), q * slots + (p % slots)];
      sums[toQ] = (sums[toQ] ?? 0) + distance;
      sums[toP] = (sums[toP] ?? 0) + distance;
    }
  }
  return sums;
}
