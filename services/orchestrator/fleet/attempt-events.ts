// Events of the worker service as the store's rows. Pure.

import type { Artifact, Segment } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { CheckpointRow, SegmentCommit } from '../../store/types.ts';

export function segmentCommit(phaseId: number, attempt: number, seq: bigint, segment: Segment): SegmentCommit {
  return {
    phaseId,
    attempt,
    seq,
    fromStep: Number(segment.fromStep),
    toStep: Number(segment.toStep),
    metrics: segment.metrics.map((series) => ({
      name: series.name,
      steps: series.steps.map(Number),
      values: series.values,
    })),
    items: segment.items,
    checkpoint: segment.checkpoint === undefined ? null : checkpointRow(segment.checkpoint),
    deviceSeconds: segment.deviceSeconds,
    tokens: Number(segment.tokens),
    mfu: segment.mfu ?? null,
  };
}

function checkpointRow(artifact: Artifact): CheckpointRow {
  return { uri: artifact.uri, sha256: artifact.sha256, bytes: Number(artifact.bytes), step: Number(artifact.step) };
}

export function artifactOf(row: CheckpointRow): Artifact {
  return { uri: row.uri, sha256: row.sha256, bytes: BigInt(row.bytes), step: BigInt(row.step) };
}
