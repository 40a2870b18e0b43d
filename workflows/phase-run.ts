// One phase inside a batch: claim it, run it with retries or wait for whoever has it, until it is finished or failed for good.
// Retries happen here, as the orchestrator decided from what Postgres keeps; the server never retries (docs/design/temporal.md section 5).

import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { FailureSummary, OwnerRef, PhaseFailureDetails, RunPhaseInput } from './activities.ts';
import { gpu, type QueuePlace, short, waiting } from './activity-proxies.ts';
import type { BatchControl } from './contract.ts';
import { nextRetry } from './domain/retry.ts';

export type PhaseEnd =
  | { readonly kind: 'finished'; readonly closed: number | null }
  | ({ readonly kind: 'failed' } & FailureSummary);

/** What a phase needs of its batch. */
export interface PhaseContext {
  readonly sweep: string;
  readonly heartbeatTimeoutMs: number;
  control(): BatchControl;
  /** Runs a phase that had been finished again; phases that start from it share the run. */
  runAgain(phaseKey: string): Promise<PhaseEnd>;
  /** Phases of this batch on or waiting for a slot; bounded by the batch's share of the sweep's width. */
  readonly dispatched: Set<string>;
}

const LOST_RETRY_MS = 500;
const NO_SLOT_RETRY_MS = 1_000;

/** @throws CancelledFailure after the activity has ended and the claim is released, so that others may have it. */
export async function runPhaseToEnd(
  context: PhaseContext,
  phaseKey: string,
  closes: number | null,
  isUnderWay: boolean,
): Promise<PhaseEnd> {
  let takeOver: OwnerRef | null = null;
  let mayHaveClaim = false;
  try {
    for (;;) {
      const outcome: Outcome = await runOnce(
        context,
        { phaseKey, closes, takeOver },
        mayHaveClaim || (isUnderWay && closes !== null),
      );
      takeOver = null;
      switch (outcome.kind) {
        case 'finished':
          return outcome;
        case 'given_up':
          return outcome.end;
        case 'wait':
          mayHaveClaim = false;
          takeOver = await waiting.waitPhase({ phaseKey, owner: outcome.owner });
          break;
        case 'later':
          mayHaveClaim = true;
          await sleep(outcome.delayMs);
          break;
        case 'failed': {
          mayHaveClaim = true;
          const { failure, message } = outcome.details;
          const delayMs = retryDelayMs(outcome.details);
          if (delayMs === null) {
            await short.failPhase({ phaseKey, failure, message });
            return { kind: 'failed', failure, message };
          }
          log.info('phase is tried again', { phase: phaseKey, code: failure, delayMs });
          await sleep(delayMs);
          break;
        }
        case 'unfit':
          mayHaveClaim = true;
          await waiting.waitFit({ phaseKey });
          break;
        case 'parent': {
          mayHaveClaim = true;
          const parent = await context.runAgain(outcome.phaseKey);
          if (parent.kind === 'finished') break;
          await short.releasePhase({ phaseKey });
          return parent;
        }
      }
    }
  } catch (error) {
    // a running activity gives the claim back itself; one that was still queued has none of its own
    if (isCancellation(error) && mayHaveClaim) {
      await CancellationScope.nonCancellable(() => short.releasePhase({ phaseKey }));
    }
    throw error;
  }
}

type Outcome =
  | { readonly kind: 'finished'; readonly closed: number | null }
  | { readonly kind: 'given_up'; readonly end: PhaseEnd }
  | { readonly kind: 'wait'; readonly owner: OwnerRef }
  | { readonly kind: 'unfit' }
  | { readonly kind: 'parent'; readonly phaseKey: string }
  /** No attempt ended: no slot was there, the claim passed on, or the activity's orchestrator died and the phase may still be running. */
  | { readonly kind: 'later'; readonly delayMs: number }
  | { readonly kind: 'failed'; readonly details: PhaseFailureDetails };

async function runOnce(context: PhaseContext, input: RunPhaseInput, goesAhead: boolean): Promise<Outcome> {
  const { dispatched, sweep, heartbeatTimeoutMs } = context;
  const isBelowShare = (): boolean => dispatched.size < (context.control().share ?? Number.POSITIVE_INFINITY);
  if (!isBelowShare()) await condition(isBelowShare);
  dispatched.add(input.phaseKey);
  try {
    const { priority, weight } = context.control();
    const place = placeInQueue({ sweep, priority, weight }, goesAhead);
    const result = await gpu(place, heartbeatTimeoutMs).runPhase(input);
    return result.kind === 'failed' ? { kind: 'given_up', end: result } : result;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return readOutcome(error.cause);
  } finally {
    dispatched.delete(input.phaseKey);
  }
}

/** Dispatches that go ahead count this much less against the sweep's share than its others. */
const AHEAD_WEIGHT = 100;

/**
 * Where a dispatch stands in the queue: always at its sweep's own priority, so that nothing of a sweep overtakes a more important one. What goes
 * ahead, a retry (a server-side one would queue behind the whole backlog) and the last phase of a trial that is under way (so that cells
 * finish one by one), has a fairness key of its own, which has no backlog. Its number is bounded by the dispatches that the sweep's share let
 * through before, so that other sweeps of the priority lose nothing by it.
 */
export function placeInQueue(
  { sweep, priority, weight }: { readonly sweep: string; readonly priority: number; readonly weight: number },
  goesAhead: boolean,
): QueuePlace {
  return goesAhead
    ? // names of sweeps have no `+`, and one more letter is all that Temporal's 64 bytes leave beside the longest
      { priorityKey: priority, fairnessKey: `${sweep}+`, fairnessWeight: Math.min(1_000, AHEAD_WEIGHT * weight) }
    : { priorityKey: priority, fairnessKey: sweep, fairnessWeight: weight };
}

/** @returns null = given up. Failures of an earlier version carry no decision. */
function retryDelayMs({ failure, attemptsOfClass, retryInMs }: PhaseFailureDetails): number | null {
  if (retryInMs !== undefined) return retryInMs;
  const retry = nextRetry(failure, attemptsOfClass);
  return retry.retry ? retry.delayMs : null;
}

/** Exported for its tests. @throws the cause itself when it is none of the project's failures. */
export function readOutcome(cause: Error | undefined): Outcome {
  if (cause instanceof TimeoutFailure) return { kind: 'later', delayMs: LOST_RETRY_MS };
  if (cause instanceof ApplicationFailure) {
    if (cause.type === 'NO_SLOT') return { kind: 'later', delayMs: NO_SLOT_RETRY_MS };
    if (cause.type === 'FENCED') return { kind: 'later', delayMs: LOST_RETRY_MS };
    const details = cause.details?.[0];
    if (isDetails(details)) return { kind: 'failed', details };
    return {
      kind: 'failed',
      details: { failure: 'code_error', message: cause.message, attemptsOfClass: Number.POSITIVE_INFINITY },
    };
  }
  throw cause ?? ApplicationFailure.nonRetryable('an activity failed without a cause');
}

function isDetails(value: unknown): value is PhaseFailureDetails {
  return (
    typeof value === 'object' &&
    value !== null &&
    'failure' in value &&
    'attemptsOfClass' in value &&
    'message' in value
  );
}
