// What an attempt has recorded so far, and whether an event of its node can follow it. The one judge of events before they become commits:
// a node's word is believed only where it goes on from the record, step by step and number by number. Pure.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { RECORD_LIMITS } from '../../../workflows/domain/record-limits.ts';
import type { Segment } from '../../gen/latentsweep/worker/v1/worker.ts';
import { checkSegment } from './check-segment.ts';

/** What is recorded of one attempt; replaced, never changed. */
export interface AttemptRecord {
  /** Number of the last recorded event; 0 = none yet. */
  readonly lastSeq: bigint;
  /** Last recorded step; where it resumed, before the first segment. */
  readonly step: number;
  /** Steps of the whole phase, from its plan. */
  readonly totalSteps: number;
  /** Metric names that it brought since this process follows it. */
  readonly names: ReadonlySet<string>;
}

/** A record to which no metric names were brought yet by this process. */
export function newRecord(record: Omit<AttemptRecord, 'names'>): AttemptRecord {
  return { ...record, names: new Set() };
}

/** @throws LatentSweepError EVENT_REFUSED with what was sent and what can follow */
export function afterSegment(record: AttemptRecord, seq: bigint, segment: Segment): AttemptRecord {
  checkFollows(record, seq, 'a segment');
  checkSegment(segment, record);
  const added = segment.metrics.map((series) => series.name).filter((name) => !record.names.has(name));
  const names = added.length === 0 ? record.names : new Set([...record.names, ...added]);
  if (names.size > RECORD_LIMITS.metricNames) {
    throw refused(`${names.size} metric names in one attempt; allowed are at most ${RECORD_LIMITS.metricNames}`);
  }
  return { ...record, lastSeq: seq, step: Number(segment.toStep), names };
}

/** @throws LatentSweepError EVENT_REFUSED unless every step of the phase is recorded */
export function checkCompleted(record: AttemptRecord, seq: bigint): void {
  checkFollows(record, seq, 'the result');
  const { step, totalSteps } = record;
  if (step === totalSteps) return;
  throw refused(`the phase is said to be done at step ${step} of ${totalSteps}`, { step, totalSteps });
}

function checkFollows({ lastSeq }: AttemptRecord, seq: bigint, what: string): void {
  if (seq === lastSeq + 1n) return;
  throw refused(`${what} is event ${seq} of the attempt after event ${lastSeq}`, { seq: String(seq) });
}

function refused(sentence: string, details: Readonly<Record<string, string | number>> = {}): LatentSweepError {
  return new LatentSweepError('EVENT_REFUSED', sentence, details);
}
