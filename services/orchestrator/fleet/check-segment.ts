// The rules of one segment: where it begins and ends, and the range of every number in it. Values of metrics are free, not finite ones too (a
// gradient norm may overflow; a loss that is no number is a failure of its own, NAN_LOSS). Pure.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { SHA256_HEX } from '../../../workflows/domain/ids.ts';
import { checkSegmentSize, RECORD_LIMITS } from '../../../workflows/domain/record-limits.ts';
import type { Artifact, EvaluationItem, MetricSeries, Segment } from '../../gen/latentsweep/worker/v1/worker.ts';

const MOST_INTEGER = RECORD_LIMITS.integer;
/** Wall time of a segment or an item, s; more than any machine stays up. */
const MOST_SECONDS = 1e9;
/** Below the root of the artifact store, without a way out of it. */
const URI = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_-][A-Za-z0-9_./-]{0,511}$/;

/** @throws LatentSweepError EVENT_REFUSED naming the value and what is allowed */
export function checkSegment(segment: Segment, record: { readonly step: number; readonly totalSteps: number }): void {
  const { fromStep, toStep, deviceSeconds, tokens, mfu, checkpoint } = segment;
  const { step, totalSteps } = record;
  if (fromStep !== BigInt(step)) throw refused(`a segment begins after step ${fromStep}, the record ends with ${step}`);
  if (toStep <= fromStep || toStep > BigInt(totalSteps)) {
    throw refused(`a segment ends at step ${toStep}; allowed are ${step + 1} to ${totalSteps}`);
  }
  checkSegmentSize(segment);
  checkRange('device_seconds', deviceSeconds, MOST_SECONDS);
  const mostTokens = RECORD_LIMITS.tokensPerStep * Number(toStep - fromStep);
  if (tokens > BigInt(mostTokens)) throw refused(`tokens is ${tokens}; allowed are 0 to ${mostTokens}`);
  if (mfu !== undefined) checkRange('mfu', mfu, Number.MAX_VALUE);
  const names = new Set(segment.metrics.map((series) => series.name));
  if (names.size < segment.metrics.length) throw refused('a segment has a metric twice');
  for (const series of segment.metrics) checkSeries(series, fromStep, toStep);
  for (const item of segment.items) checkItem(item);
  if (checkpoint !== undefined) checkCheckpoint(checkpoint, toStep);
}

function checkSeries({ name, steps, values }: MetricSeries, fromStep: bigint, toStep: bigint): void {
  if (steps.length !== values.length) {
    throw refused(`metric ${name} has ${steps.length} steps and ${values.length} values`);
  }
  let last = fromStep;
  for (const step of steps) {
    if (step <= last || step > toStep) {
      throw refused(`metric ${name} has step ${step} after ${last}; allowed are ascending ones to ${toStep}`);
    }
    last = step;
  }
}

function checkItem({ item, tokens, seconds }: EvaluationItem): void {
  if (item > MOST_INTEGER) throw refused(`item is ${item}; allowed are 0 to ${MOST_INTEGER}`);
  if (tokens > MOST_INTEGER) throw refused(`tokens of item ${item} is ${tokens}; allowed are 0 to ${MOST_INTEGER}`);
  checkRange(`seconds of item ${item}`, seconds, MOST_SECONDS);
}

function checkCheckpoint({ uri, sha256, bytes, step }: Artifact, toStep: bigint): void {
  if (step !== toStep) throw refused(`the checkpoint of a segment to step ${toStep} is of step ${step}`);
  if (!URI.test(uri))
    throw refused(`the checkpoint is at ${JSON.stringify(uri.slice(0, 80))}, no path in the artifact store`);
  if (!SHA256_HEX.test(sha256)) throw refused('the sha256 of a checkpoint is not 64 hex digits');
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) throw refused(`a checkpoint of ${bytes} bytes`);
}

function checkRange(what: string, value: number, most: number): void {
  if (value >= 0 && value <= most) return;
  throw refused(`${what} is ${value}; allowed are 0 to ${most}`);
}

function refused(sentence: string): LatentSweepError {
  return new LatentSweepError('EVENT_REFUSED', sentence);
}
