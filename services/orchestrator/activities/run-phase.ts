// The long activity: claims a phase and has one attempt of it run on a slot, from opening to its end, or re-attaches to an attempt that
// still runs. It only waits: the follower streams and commits. Rules: docs/design/architecture.md sections 2 and 4, docs/design/temporal.md
// sections 2 and 5.

import { CompleteAsyncError, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import type { DispatchResult, GpuActivities, OwnerRef } from '../../../workflows/activities.ts';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { sweepOfBatch } from '../../../workflows/domain/workflow-ids.ts';
import type { RunPhaseRequest } from '../../gen/latentsweep/worker/v1/worker.ts';
import { checkpointMessage } from '../../rpc/index.ts';
import type { AttemptOpening, Decision, OrchestratorStore } from '../../store/types.ts';
import { type BadEnd, endFailure } from '../failures.ts';
import type { AttemptFollower } from '../fleet/attempt-follower.ts';
import { newRecord } from '../fleet/attempt-record.ts';
import type { FollowedAttempts } from '../fleet/attempts.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SlotLease } from '../fleet/node-session.ts';
import { type SlotRequirements, satisfies, slotRequirements } from '../fleet/placement.ts';
import type { FleetTimes } from '../options.ts';
import { persist, StoppedError } from '../persist.ts';

/** How long a task waits for a slot that vanished between its permit and its start. */
const SLOT_WAIT_MS = 2_000;
/** Cancellation arrives only with the answer to a heartbeat. A hung step is ended by the node's own watchdog (STALLED). */
const HEARTBEAT_MS = 2_000;
/** For each phase that runs here: beats cost the server about a millisecond each, and a thousand phases must not keep it busy alone. */
const HEARTBEAT_PER_PHASE_MS = 2;
/** Well below the heartbeat time-out (client.ts). */
const LONGEST_HEARTBEAT_MS = 4_000;

/** What the activity shares with the rest of the replica; `signal` fires when the replica stops. */
export interface RunPhaseNeeds {
  readonly store: OrchestratorStore;
  readonly fleet: Fleet;
  readonly attempts: FollowedAttempts;
  readonly times: FleetTimes;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * The activity `runPhase`: claims the phase, opens an attempt or joins the one that runs, and resolves when it has
 * ended.
 * Safe to repeat: a second activity for the same phase joins the same attempt. @throws ApplicationFailure NO_SLOT,
 * FENCED, or the code of the failure with what the batch decides a retry from; CompleteAsyncError when the replica
 * stops, so that another one completes it
 */
export function runPhaseActivity(needs: RunPhaseNeeds): GpuActivities['runPhase'] {
  return async (input) => {
    const context = Context.current();
    const activity = activityOf(context);
    const signal = AbortSignal.any([needs.signal, context.cancellationSignal]);
    const { log, store } = needs;
    const { phaseKey, closes } = input;
    let follower: AttemptFollower | null = null;
    const beat = (): void => context.heartbeat(follower?.progress ?? null);
    beat();
    const beatMs = HEARTBEAT_MS + HEARTBEAT_PER_PHASE_MS * needs.attempts.all().length;
    const beating = setInterval(beat, Math.min(beatMs, LONGEST_HEARTBEAT_MS));
    try {
      const options = input.takeOver === null ? {} : { takeOver: input.takeOver };
      const claim = await persist(() => store.claimPhase(phaseKey, activity, options), signal, log);
      if (claim.kind === 'wait' || claim.kind === 'failed') {
        if (claim.kind === 'wait') await noteWait(needs, phaseKey, claim.owner);
        return claim;
      }
      if (claim.kind === 'run') {
        if (input.takeOver !== null) await noteTakeOver(needs, phaseKey, input.takeOver);
        const attached = await attach(needs, context, activity, phaseKey, claim.fence);
        if (attached.kind !== 'follower') return attached;
        follower = attached.follower;
        await waitForEnd(needs, context, follower);
      }
      if (closes !== null) await persist(() => store.closeTrial(closes, 'finished'), signal, log);
      return { kind: 'finished', closed: closes };
    } catch (error) {
      if (isRequestedCancellation(context, error))
        await persist(() => store.releaseClaim(phaseKey, activity), needs.signal, log);
      if (!(error instanceof StoppedError)) throw error;
      // cancelled or stopped while Postgres was away
      if (context.cancellationDetails?.cancelRequested === true) return await context.cancelled;
      throw new CompleteAsyncError();
    } finally {
      clearInterval(beating);
    }
  };
}

/** For the history of the phase only, so a lost one is no failure. */
async function note(
  needs: RunPhaseNeeds,
  decision: Pick<Decision, 'kind' | 'reason' | 'details'>,
  phaseKey: string,
): Promise<void> {
  try {
    await needs.store.recordDecision({ phaseKey, attempt: null, nodeId: null, ...decision });
  } catch (error) {
    needs.log.info({ phase: phaseKey, error: String(error) }, `a decision was not recorded: ${decision.reason}`);
  }
}

function noteWait(needs: RunPhaseNeeds, phaseKey: string, owner: OwnerRef): Promise<void> {
  const reason = `waits: ${nameOf(owner)} runs this phase already`;
  return note(needs, { kind: 'waits', reason, details: { ...owner } }, phaseKey);
}

function noteTakeOver(needs: RunPhaseNeeds, phaseKey: string, from: OwnerRef): Promise<void> {
  const reason = `taken over from ${nameOf(from)}, which closed without a result`;
  return note(needs, { kind: 'taken_over', reason, details: { ...from } }, phaseKey);
}

function isRequestedCancellation(context: Context, error: unknown): boolean {
  return context.cancellationDetails?.cancelRequested === true && !(error instanceof CompleteAsyncError);
}

type Attached =
  | { readonly kind: 'follower'; readonly follower: AttemptFollower }
  | Extract<DispatchResult, { readonly kind: 'unfit' | 'parent' }>;

/** The attempt that runs here already, or a new one; else why there can be none now. */
async function attach(
  needs: RunPhaseNeeds,
  context: Context,
  activity: ActivityRef,
  phaseKey: string,
  fence: number,
): Promise<Attached> {
  const { attempts, fleet, store, log } = needs;
  const signal = AbortSignal.any([needs.signal, context.cancellationSignal]);
  for (let running = attempts.of(phaseKey); running !== undefined; running = attempts.of(phaseKey)) {
    if (running.stopping) {
      await Promise.race([running.end, context.cancelled]);
      continue;
    }
    const { phaseId, attempt } = running.id;
    await persist(() => store.moveAttempt(phaseId, attempt, activity), signal, log);
    if (attempts.of(phaseKey) === running) return { kind: 'follower', follower: running };
  }
  const placement = await persist(() => store.placementOf(phaseKey), signal, log);
  const { parent } = placement;
  if (parent !== null && (parent.isLost || parent.state !== 'finished')) {
    await persist(() => store.reopenLost(parent.key), signal, log);
    return { kind: 'parent', phaseKey: parent.key };
  }
  const requirements = slotRequirements(placement);
  const elsewhere = await persist(() => nodesElsewhere(needs, requirements), signal, log);
  const placed = await fleet.take(requirements, SLOT_WAIT_MS, context.cancellationSignal, elsewhere);
  if (context.cancellationSignal.aborted) {
    if (placed !== null) fleet.release(placed.lease);
    return await context.cancelled;
  }
  if (placed === null) {
    if (fleet.hasFree()) return { kind: 'unfit' };
    throw ApplicationFailure.nonRetryable('NO_SLOT: no node has a free slot', 'NO_SLOT');
  }
  const { lease, reason } = placed;
  try {
    const place = { nodeId: lease.node.nodeId, slot: lease.slot, device: lease.device, ...activity };
    const opening = await persist(() => store.openAttempt(phaseKey, fence, place, reason), signal, log);
    const { phaseId, attempt, resume, totalSteps } = opening;
    const record = newRecord({ lastSeq: 0n, step: resume?.step ?? 0, totalSteps });
    const request = requestOf(needs.times, opening, lease);
    return { kind: 'follower', follower: attempts.follow({ phaseId, phaseKey, attempt }, lease, request, record) };
  } catch (error) {
    fleet.release(lease);
    if (error instanceof LatentSweepError) throw ApplicationFailure.nonRetryable(error.message, error.code);
    throw error;
  }
}

/** Nodes of other replicas that the phase fits, asked for only where it matters: when it has failed somewhere. */
async function nodesElsewhere(
  { store, fleet }: RunPhaseNeeds,
  requirements: SlotRequirements,
): Promise<readonly string[]> {
  if (requirements.avoid.length === 0) return [];
  const places = await store.places();
  return places
    .filter((place) => satisfies(requirements, place) && !fleet.sessions.has(place.nodeId))
    .map(({ nodeId }) => nodeId);
}

async function waitForEnd(needs: RunPhaseNeeds, context: Context, follower: AttemptFollower): Promise<void> {
  const { attempts } = needs;
  const waiter = {};
  attempts.setWaiter(follower, waiter, 'activity');
  const cancelled = context.cancelled.then(
    (never) => never,
    (error: unknown) => error,
  );
  const first = await Promise.race([follower.end, cancelled.then((error) => ({ kind: 'cancelled' as const, error }))]);
  let end = first;
  const failureOf = (bad: BadEnd): Promise<ApplicationFailure> =>
    persist(() => endFailure(needs.store, follower.id, bad), needs.signal, needs.log);
  if (first.kind === 'cancelled') {
    const { cancellationDetails } = context;
    // left open: the next orchestrator adopts the attempt and completes this activity by id
    if (cancellationDetails?.workerShutdown === true) throw new CompleteAsyncError();
    if (cancellationDetails?.cancelRequested !== true) {
      // timed out or its workflow is gone: the attempt waits for a retry
      attempts.release(follower, waiter);
      throw first.error;
    }
    follower.stop('checkpoint');
    end = await follower.end;
  }
  switch (end.kind) {
    case 'cancelled':
      throw end.error;
    case 'finished':
      return;
    case 'detached':
      throw new CompleteAsyncError();
    case 'stopped':
      if (first.kind === 'cancelled') throw first.error;
      throw await failureOf(end);
    case 'failed':
    case 'fenced':
      if (first.kind === 'cancelled') throw first.error;
      throw await failureOf(end);
  }
}

function requestOf(times: FleetTimes, opening: AttemptOpening, lease: SlotLease): RunPhaseRequest {
  return {
    phaseKey: opening.phaseKey,
    attempt: opening.attempt,
    slot: lease.slot,
    configJson: opening.configJson,
    parent: checkpointMessage(opening.parent),
    resume: checkpointMessage(opening.resume),
    leaseMs: BigInt(times.attemptLeaseMs),
    segmentMs: BigInt(times.segmentMs),
    checkpointMs: BigInt(times.checkpointMs),
    checkpointBytesPerSecond: BigInt(times.checkpointBytesPerSecond),
    threads: lease.threads,
    afterSeq: 0n,
    overrides: opening.overrides,
  };
}

interface ActivityRef {
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
}

function activityOf(context: Context): ActivityRef {
  const { workflowExecution, activityId } = context.info;
  if (workflowExecution === undefined) throw new TypeError('runPhase belongs to a workflow');
  return { workflowId: workflowExecution.workflowId, runId: workflowExecution.runId, activityId };
}

function nameOf({ workflowId }: OwnerRef): string {
  const sweep = sweepOfBatch(workflowId);
  return sweep === null ? `workflow ${workflowId}` : `sweep ${sweep}`;
}
