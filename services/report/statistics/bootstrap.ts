// Percentile bootstrap of a mean over seeds and items. Both are resampled: seeds with replacement, and items with replacement, the same
// items for every seed drawn, because the seeds answered the same questions (crossed random effects; Owen 2007, "The pigeonhole
// bootstrap"). An accuracy, a difference and a slope are all means of rows, so one function serves them all.

import { CONFIDENCE, type Interval } from './interval.ts';
import { quantile } from './quantile.ts';
import type { Resampling } from './resampling.ts';

export interface Estimate extends Interval {
  readonly value: number;
}

/**
 * @param rows_SI one row per seed: a number per item (1 = right; a difference; a weighted sum over latent budgets); at least one row
 * @returns mean over all, and the 95 % interval. With one seed the interval knows of items alone.
 */
export function bootstrapMean(rows_SI: readonly Float64Array[], resampling: Resampling): Estimate {
  const { itemCount, resamples } = resampling;
  const drawn_RS = resampling.seeds(rows_SI.length);
  const means_R = new Float64Array(resamples);
  const ofSeed_S = new Float64Array(rows_SI.length);
  for (let r = 0; r < resamples; r++) {
    const counts_I = resampling.items.subarray(r * itemCount, (r + 1) * itemCount);
    for (const [s, row_I] of rows_SI.entries()) ofSeed_S[s] = dot(counts_I, row_I) / itemCount;
    let sum = 0;
    for (let n = 0; n < rows_SI.length; n++) sum += ofSeed_S[drawn_RS[r * rows_SI.length + n] ?? 0] ?? 0;
    means_R[r] = sum / rows_SI.length;
  }
  means_R.sort();
  const tail = (1 - CONFIDENCE) / 2;
  return { value: mean(rows_SI), low: quantile(means_R, tail), high: quantile(means_R, 1 - tail) };
}

function mean(rows_SI: readonly Float64Array[]): number {
  const sums = rows_SI.map((row) => row.reduce((sum, value) => sum + value, 0) / row.length);
  return sums.reduce((sum, value) => sum + value, 0) / sums.length;
}

function dot(counts: Uint16Array, values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += (counts[i] ?? 0) * (values[i] ?? 0);
  return sum;
}
