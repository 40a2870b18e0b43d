// Activity options in one place. No local activities: several at once that complete in another order than they were started do not
// replay in SDK 1.24 (TMPRL1100; test/replay has the histories). Reasons and measurements: docs/design/temporal.md sections 0 and 5.

import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { GpuActivities, SweepActivities, WaitActivities } from './activities.ts';
import { QUEUES } from './contract.ts';

/** Retried for ever: they fail only while Postgres is away. Bad requests are non-retryable failures. */
export const short = proxyActivities<Omit<SweepActivities, 'planSweep'>>({
  // one statement of Postgres each; one that a killed orchestrator had in hand is repeated after it
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

export const planning = proxyActivities<Pick<SweepActivities, 'planSweep'>>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

export const waiting = proxyActivities<WaitActivities>({
  taskQueue: QUEUES.wait,
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Temporal's words for where a task stands in its queue: priority 1 (first) to 5, then fair between the keys by their weights. */
export interface QueuePlace {
  readonly priorityKey: number;
  readonly fairnessKey: string;
  readonly fairnessWeight: number;
}

/** `runPhase` for one try. The long heartbeat timeout is ended early by adoption when a replica dies (docs/design/architecture.md section 2). */
export function gpu(priority: QueuePlace, heartbeatTimeoutMs: number): GpuActivities {
  return proxyActivities<GpuActivities>({
    taskQueue: QUEUES.gpu,
    startToCloseTimeout: '30 days',
    heartbeatTimeout: heartbeatTimeoutMs,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority,
  });
}
