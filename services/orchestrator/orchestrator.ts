// One replica of the orchestrator: the Temporal workers of the three queues and the node gateway, started and stopped in order.

import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { QUEUES } from '../../workflows/contract.ts';
import { planSweepActivity } from './activities/plan-sweep.ts';
import { runPhaseActivity } from './activities/run-phase.ts';
import { shortActivities } from './activities/short-activities.ts';
import { waitFitActivity } from './activities/wait-fit.ts';
import { waitPhaseActivity } from './activities/wait-phase.ts';
import { activityEdge } from './activity-edge.ts';
import { CheckpointCollector } from './checkpoint-collector.ts';
import { FollowedAttempts } from './fleet/attempts.ts';
import { FitWaiters } from './fleet/fit-waiters.ts';
import { Fleet } from './fleet/fleet.ts';
import { Gateway } from './fleet/gateway.ts';
import { ProgressWriter } from './fleet/progress-writer.ts';
import { Quarantine } from './fleet/quarantine.ts';
import { FleetSlotSupplier } from './fleet/slot-supplier.ts';
import type { OrchestratorOptions } from './options.ts';
import { PhaseNotifications } from './phase-notifications.ts';
import { SegmentCommitter } from './segment-committer.ts';
import { clientConnection, workerConnection } from './temporal-connection.ts';
import { workflowBundle as bundleOnce } from './workflow-bundle.ts';
import { WORKFLOW_TASK_LIMIT } from './workflow-task-limit.ts';

/** Waiters are cheap: a promise and a heartbeat each. */
const WAITERS = 2_000;

/** A running replica. */
export interface Orchestrator {
  /** host:port of the node registry. */
  readonly registryAddress: string;
  readonly fleet: Fleet;
  /** Settles when a Temporal worker ends by itself: the replica is of no use any more. */
  readonly failed: Promise<never>;
  /** Running attempts go on; the next replica adopts them. Repeated calls wait for the first. */
  stop(): Promise<void>;
}

/**
 * Migrates the schema, connects, and resolves when nodes may register and work is taken.
 * @throws LatentSweepError STORE_UNREACHABLE, TEMPORAL_UNREACHABLE, SCHEMA_MISMATCH, CONFIG_INVALID for an address
 * that cannot be listened on
 */
export async function startOrchestrator(options: OrchestratorOptions): Promise<Orchestrator> {
  const { store, temporal, log, times } = options;
  await store.migrate();
  const stopping = new AbortController();
  const { signal } = stopping;
  const workflowBundle = await bundleOnce(log);
  const { nativeConnection, connection } = await connectTemporal(temporal);
  const client = new Client({ connection, namespace: temporal.namespace });

  const fleet = new Fleet(options.connectWorker);
  const committer = new SegmentCommitter(store, signal, log);
  const progress = new ProgressWriter(store, log);
  const collector = options.collection ? new CheckpointCollector(options.collection, log) : null;
  const collecting = collector?.run(signal);
  const onCheckpoint = (phaseId: number): void => collector?.touch(phaseId);
  const followerNeeds = { store, committer, log, onProgress: progress.note.bind(progress), onCheckpoint };
  const quarantine = new Quarantine(store, fleet, times, log);
  const attempts = new FollowedAttempts(fleet, followerNeeds, times.unclaimedMs, (id, nodeId, end) =>
    quarantine.attemptEnded(id, nodeId, end),
  );
  const fits = new FitWaiters(store, log);
  const notifications = new PhaseNotifications();
  const supplier = new FleetSlotSupplier(fleet);
  const shared: Pick<
    WorkerOptions,
    'connection' | 'namespace' | 'interceptors' | 'shutdownGraceTime' | 'maxHeartbeatThrottleInterval'
  > = {
    connection: nativeConnection,
    namespace: temporal.namespace,
    interceptors: { activity: [activityEdge] },
    shutdownGraceTime: '1s',
    maxHeartbeatThrottleInterval: '2s',
    ...WORKFLOW_TASK_LIMIT,
  };
  const fixed = (numSlots: number): { readonly type: 'fixed-size'; readonly numSlots: number } => ({
    type: 'fixed-size',
    numSlots,
  });
  const workers = [
    await Worker.create({
      ...shared,
      taskQueue: QUEUES.orchestrator,
      workflowBundle,
      activities: {
        planSweep: planSweepActivity(store, options.planSweep),
        ...shortActivities(store, () => fleet.slots()),
      },
      maxCachedWorkflows: 200,
      maxConcurrentLocalActivityExecutions: 64,
      maxConcurrentActivityTaskExecutions: 8,
      stickyQueueScheduleToStartTimeout: '2s',
    }),
    await Worker.create({
      ...shared,
      taskQueue: QUEUES.gpu,
      activities: { runPhase: runPhaseActivity({ store, fleet, attempts, times, signal, log }) },
      tuner: {
        workflowTaskSlotSupplier: fixed(2),
        localActivityTaskSlotSupplier: fixed(1),
        nexusTaskSlotSupplier: fixed(1),
        activityTaskSlotSupplier: supplier,
      },
      activityTaskPollerBehavior: { type: 'autoscaling', minimum: 1, initial: 4, maximum: 16 },
    }),
    await Worker.create({
      ...shared,
      taskQueue: QUEUES.wait,
      activities: { waitPhase: waitPhaseActivity(store, client, notifications), waitFit: waitFitActivity(store, fits) },
      maxConcurrentActivityTaskExecutions: WAITERS,
    }),
  ];
  // from here on things run by themselves: whatever may fail for want of Temporal has been done
  const listening = notifications.listen(store, signal, log);
  const { replicaId } = options;
  const gateway = new Gateway({ store, client, fleet, attempts, quarantine, log, signal, times, replicaId });
  const runs = workers.map((worker) => worker.run());
  const registry = await options.serveRegistry(gateway.service, options.registryAddress);
  log.info({ replica: options.replicaId, registry: registry.address }, 'orchestrator is up');

  const failed = new Promise<never>((_, reject) => {
    for (const run of runs) run.catch(reject);
  });
  failed.catch((error: unknown) => log.error({ error: String(error) }, 'a Temporal worker ended'));

  const shutDown = async (): Promise<void> => {
    await registry.stop();
    supplier.close();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.allSettled(runs);
    stopping.abort();
    attempts.detachAll();
    progress.stop();
    await gateway.stop();
    await quarantine.settled();
    await listening;
    await collecting;
    await connection.close();
    await nativeConnection.close();
    log.info({ replica: options.replicaId }, 'orchestrator is down');
  };
  let down: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    down ??= shutDown();
    return down;
  };
  return { registryAddress: registry.address, fleet, failed, stop };
}

/** Both or none: a start that is tried again leaves nothing open. */
async function connectTemporal(
  temporal: OrchestratorOptions['temporal'],
): Promise<{ readonly nativeConnection: NativeConnection; readonly connection: Connection }> {
  const nativeConnection = await NativeConnection.connect(workerConnection(temporal));
  try {
    return { nativeConnection, connection: await Connection.connect(clientConnection(temporal)) };
  } catch (error) {
    await nativeConnection.close();
    throw error;
  }
}
