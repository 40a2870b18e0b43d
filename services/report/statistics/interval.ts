// A 95 % interval; every interval of a report is one.

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export const CONFIDENCE = 0.95;
