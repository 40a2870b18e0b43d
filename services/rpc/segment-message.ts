// The recorded segment as a message and back: the one place where its numbers are 64-bit integers. Both directions stand together, so that a
// field that is added to one is not forgotten in the other. Pure; what a node may send is judged by who receives it.

import type { RecordedSegment, StoredCheckpoint } from '../../workflows/domain/segment.ts';
import type { Artifact, RunPhaseResponse, Segment } from '../gen/latentsweep/worker/v1/worker.ts';

/** What a node keeps until it is recorded, and an orchestrator records; the other events are of the moment. */
export type DurableEvent = Extract<
  NonNullable<RunPhaseResponse['event']>,
  { readonly $case: 'segment' | 'completed' | 'stopped' | 'failed' }
>;

export function segmentMessage(segment: RecordedSegment): Segment {
  const { fromStep, toStep, metrics, items, checkpoint, deviceSeconds, tokens, mfu } = segment;
  return {
    fromStep: BigInt(fromStep),
    toStep: BigInt(toStep),
    metrics: metrics.map(({ name, steps, values }) => ({ name, steps: steps.map(BigInt), values: [...values] })),
    items: [...items],
    checkpoint: checkpointMessage(checkpoint),
    deviceSeconds,
    tokens: BigInt(tokens),
    mfu: mfu ?? undefined,
  };
}

/** @param message whose integers are known to be exact as numbers */
export function segmentOfMessage(message: Segment): RecordedSegment {
  const { fromStep, toStep, metrics, items, checkpoint, deviceSeconds, tokens, mfu } = message;
  return {
    fromStep: Number(fromStep),
    toStep: Number(toStep),
    metrics: metrics.map(({ name, steps, values }) => ({ name, steps: steps.map(Number), values })),
    items,
    checkpoint: checkpointOfMessage(checkpoint),
    deviceSeconds,
    tokens: Number(tokens),
    mfu: mfu ?? null,
  };
}

export function checkpointMessage(checkpoint: StoredCheckpoint | null): Artifact | undefined {
  if (checkpoint === null) return undefined;
  const { uri, sha256, bytes, step } = checkpoint;
  return { uri, sha256, bytes: BigInt(bytes), step: BigInt(step) };
}

export function checkpointOfMessage(message: Artifact | undefined): StoredCheckpoint | null {
  if (message === undefined) return null;
  const { uri, sha256, bytes, step } = message;
  return { uri, sha256, bytes: Number(bytes), step: Number(step) };
}
