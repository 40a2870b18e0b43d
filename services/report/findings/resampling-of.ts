// The resamples of a report, drawn once for each number of items: cells with equally many items share them.

import { drawResampling, type Resampling } from '../statistics/resampling.ts';

export const RESAMPLES = 2_000;
export const BOOTSTRAP_SEED = 1;

export type ResamplingOf = (itemCount: number) => Resampling;

export function sharedResampling(): ResamplingOf {
  const drawn = new Map<number, Resampling>();
  return (itemCount) => {
    const resampling =
      drawn.get(itemCount) ?? drawResampling({ itemCount, resamples: RESAMPLES, seed: BOOTSTRAP_SEED });
    drawn.set(itemCount, resampling);
    return resampling;
  };
}
