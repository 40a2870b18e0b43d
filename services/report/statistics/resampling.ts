// Which items and seeds each bootstrap resample draws: a pure function of its arguments, so that a report of the same data is the same
// report. Everything evaluated on the same items shares their draws, as its items are the same questions.

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Resampling {
  readonly resamples: number;
  /** counts_RI, R resamples x I items: how often each item was drawn. Rows sum to I. */
  readonly items: Uint16Array;
  readonly itemCount: number;
  /** seeds_RS, R resamples x S seeds: index of the seed drawn at each place. */
  seeds(count: number): Uint16Array;
}

export interface ResamplingOptions {
  readonly itemCount: number;
  readonly resamples: number;
  readonly seed: number;
}

/** Memory: 2 bytes for every resample and item. */
export function drawResampling({ itemCount, resamples, seed }: ResamplingOptions): Resampling {
  const items = new Uint16Array(resamples * itemCount);
  const generator = xoroshiro128plus(seed);
  for (let r = 0; r < resamples; r++) {
    for (let n = 0; n < itemCount; n++) {
      const place = r * itemCount + uniformInt(generator, 0, itemCount - 1);
      items[place] = (items[place] ?? 0) + 1;
    }
  }
  return { resamples, items, itemCount, seeds: (count) => drawSeeds(count, resamples, seed) };
}

function drawSeeds(count: number, resamples: number, seed: number): Uint16Array {
  const generator = xoroshiro128plus(seed);
  // 2^64 draws away from those of the items
  generator.jump();
  return Uint16Array.from({ length: resamples * count }, () => uniformInt(generator, 0, count - 1));
}
