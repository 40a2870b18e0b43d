// Wilson's score interval of a proportion: what the items of one evaluation can say about one model. Holds at 0 and 1 too.

import type { Interval } from './interval.ts';

/** Quantile 0.975 of the standard normal. */
const Z = 1.959963984540054;

/** @param items at least 1 @returns 95 % interval of the proportion, within [0, 1] */
export function wilsonInterval(correct: number, items: number): Interval {
  const share = correct / items;
  const scale = 1 + Z ** 2 / items;
  const middle = (share + Z ** 2 / (2 * items)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / items + Z ** 2 / (4 * items ** 2));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
