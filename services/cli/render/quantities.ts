// Times, counts and losses as people read them. Pure.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** At most two units, the smaller one padded so that a counting-down time keeps its width: `42 s`, `3 min 05 s`, `2 h 04 min`, `5 d 03 h`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '-';
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${twoDigits(whole % MINUTE)} s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${twoDigits(Math.floor((whole % HOUR) / MINUTE))} min`;
  return `${Math.floor(whole / DAY)} d ${twoDigits(Math.floor((whole % DAY) / HOUR))} h`;
}

/** Three digits with a unit prefix: `938`, `12.3k`, `4.56M`. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const [divisor, suffix] = scaleOf(Math.abs(value));
  const scaled = value / divisor;
  const digits = suffix === '' || Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)}${suffix}`;
}

/** Decimal units, as disks are sold: `938 B`, `12.3 kB`, `4.56 GB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '-';
  const [divisor, suffix] = scaleOf(bytes);
  return divisor === 1 ? `${Math.round(bytes)} B` : `${(bytes / divisor).toPrecision(3)} ${suffix}B`;
}

/** A loss in nats per token; four significant digits keep early and late losses apart. */
export function formatLoss(nats: number | null): string {
  if (nats === null) return '-';
  if (!Number.isFinite(nats)) return String(nats);
  return Math.abs(nats) < 1e-3 && nats !== 0 ? nats.toExponential(2) : nats.toPrecision(4);
}

/** @param fraction 0 to 1 */
export function formatPercent(fraction: number | null): string {
  return fraction === null ? '-' : `${(100 * fraction).toFixed(1)} %`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** The bounds are where rounding to three digits would carry into the next prefix. */
function scaleOf(size: number): readonly [number, string] {
  if (size >= 999_500_000_000_000_000) return [1e18, 'E'];
  if (size >= 999_500_000_000_000) return [1e15, 'P'];
  if (size >= 999_500_000_000) return [1e12, 'T'];
  if (size >= 999_500_000) return [1e9, 'G'];
  if (size >= 999_500) return [1e6, 'M'];
  if (size >= 999.5) return [1e3, 'k'];
  return [1, ''];
}
