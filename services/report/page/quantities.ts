// Numbers of a report as people read them. Accuracies and differences in percent and points with one decimal: more would be noise.

import type { Interval } from '../statistics/interval.ts';

const MINUS = '\u2212';

/** @param share 0 to 1 */
export function percentText(share: number | null): string {
  return share === null ? '' : (100 * share).toFixed(1);
}

/** `[41.2, 55.0]` */
export function intervalText(interval: Interval | null): string {
  return interval === null ? '' : `[${percentText(interval.low)}, ${percentText(interval.high)}]`;
}

/** `+3.1`, with a real minus sign. */
export function pointsText(difference: number): string {
  const text = (100 * Math.abs(difference)).toFixed(1);
  return Number(text) === 0 ? '0.0' : `${difference > 0 ? '+' : MINUS}${text}`;
}

/** `+3.1 [+0.4, +5.9]` */
export function effectText({ value, low, high }: Interval & { readonly value: number }): string {
  return `${pointsText(value)} [${pointsText(low)}, ${pointsText(high)}]`;
}

export function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** Four significant digits; nats per target, perplexities, floats. */
export function numberText(value: number | null): string {
  if (value === null) return '';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** Days and minutes in UTC: `2026-11-24 18:07 UTC`. */
export function momentText(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Hours; below a tenth of one, minutes or seconds. */
export function hoursText(hours: number): string {
  if (hours >= 0.1) return `${hours.toFixed(hours < 10 ? 2 : 1)} h`;
  const seconds = 3600 * hours;
  return seconds >= 60 ? `${(seconds / 60).toFixed(1)} min` : `${seconds.toFixed(1)} s`;
}
