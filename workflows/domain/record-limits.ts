// How much one attempt may record, and how its metrics may be named: the same numbers where a worker sends and where an orchestrator receives, so
// that no phase uses up what all share. Far beyond what the trainer records; pure.

import { type ErrorDetails, LatentSweepError } from './errors.ts';

export const RECORD_LIMITS = {
  /** Different metric names of one attempt; a simulated phase has up to 1,000. */
  metricNames: 1_024,
  metricNameCharacters: 128,
  /** Metric rows of one segment; trainers end a segment long before (`SEGMENT_ROWS`). */
  rows: 200_000,
  /** Evaluated questions of one segment. */
  items: 50_000,
  /** Prediction or expected text of a question. */
  itemCharacters: 1_000_000,
  /** Numbers of an analysis in one result. */
  analyses: 500_000,
  /** Sentence of a failure; longer ones are cut. */
  messageCharacters: 4_000,
  /** Each detail of a failure, such as the last output of a trainer; longer ones are cut. */
  detailCharacters: 8_192,
  details: 32,
  /** Steps, items and counts: Postgres' integer. */
  integer: 2_147_483_647,
  /** Tokens of one step; keeps the sum over a fleet an exact number. */
  tokensPerStep: 1e9,
} as const;

/** Metric rows and items after which a trainer ends a segment whatever its time: its commit holds nobody up; about 250 kB. */
export const SEGMENT_ROWS = 20_000;

/** Least time between two progress events of a trainer, ms. */
export const PROGRESS_EVERY_MS = 500;

/**
 * Newest checkpoints of a phase that stay while it runs, on the disk of its trainer, in the cache of its node and in the artifact store: the
 * newest, and one more, should that be damaged.
 */
export const KEPT_CHECKPOINTS = 2;

/** Letters, digits and a few signs: nothing that a database, a terminal or a file name takes for something else. */
const METRIC_NAME = /^[A-Za-z][A-Za-z0-9_.:/-]*$/;

interface SegmentSize {
  readonly metrics: readonly { readonly name: string; readonly steps: readonly unknown[] }[];
  readonly items: readonly { readonly prediction: string; readonly gold: string }[];
}

/** @throws LatentSweepError EVENT_REFUSED with what is too much and what is allowed */
export function checkSegmentSize({ metrics, items }: SegmentSize): void {
  let rows = 0;
  for (const { name, steps } of metrics) {
    if (name.length > RECORD_LIMITS.metricNameCharacters || !METRIC_NAME.test(name)) {
      throw refused(
        `metric ${JSON.stringify(name.slice(0, 40))} is no name; allowed are 1 to ${RECORD_LIMITS.metricNameCharacters} letters, digits and _ . : / -`,
      );
    }
    rows += steps.length;
  }
  checkCount('metric names in one segment', metrics.length, RECORD_LIMITS.metricNames);
  checkCount('metric rows in one segment', rows, RECORD_LIMITS.rows);
  checkCount('items in one segment', items.length, RECORD_LIMITS.items);
  for (const { prediction, gold } of items) {
    checkCount('characters of an item', Math.max(prediction.length, gold.length), RECORD_LIMITS.itemCharacters);
  }
}

/** @throws LatentSweepError EVENT_REFUSED */
function checkCount(what: string, count: number, most: number): void {
  if (count > most) throw refused(`${count} ${what}; allowed are at most ${most}`);
}

/** A failure's sentence as it is sent and stored. */
export function boundedMessage(message: string): string {
  return cut(message, RECORD_LIMITS.messageCharacters);
}

/** Details of a failure as they are sent and stored: flat, few and short. */
export function boundedDetails(details: Readonly<Record<string, unknown>>): ErrorDetails {
  const entries = Object.entries(details).slice(0, RECORD_LIMITS.details);
  return Object.fromEntries(
    entries.map(([key, value]) => [cut(key, RECORD_LIMITS.metricNameCharacters), detailOf(value)]),
  );
}

function detailOf(value: unknown): ErrorDetails[string] {
  if (typeof value === 'string') return cut(value, RECORD_LIMITS.detailCharacters);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  return 'a nested value, not kept';
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}... (${text.length} characters)`;
}

function refused(sentence: string): LatentSweepError {
  return new LatentSweepError('EVENT_REFUSED', sentence);
}
