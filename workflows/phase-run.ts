// One phase inside a batch: claim it, run it with retries or wait for whoever has it, until it is finished or failed for good.
// Retries happen here, as the orchestrator decided from what Postgres keeps; the server never retries (temporal.md section 5).

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
import { gpu, short, waiting } from './activity-proxies.ts';
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
  /** Phases of this batch on or waiting for a slot; bounded by the batch's share of the sweep's width. */
  readonly turns: Set<string>;
}

const LOST_RETRY_MS = 500;
const NO_SLOT_RETRY_MS = 1_000;

/** @throws CancelledFailure after the activity let go and the claim was given back, so that others may have it. */
export async function runPhaseToEnd(context: PhaseContext, phaseKey: string, closes: number | null): Promise<PhaseEnd> {
  let takeOver: OwnerRef | null = null;
  let mayHaveClaim = false;
  try {
    for (;;) {
      const outcome: Outcome = await runOnce(context, { phaseKey, closes, takeOver }, mayHaveClaim);
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
  /** No attempt ended: no slot was there, the claim passed on, or the activity's orchestrator died and the phase may still be running. */
  | { readonly kind: 'later'; readonly delayMs: number }
  | { readonly kind: 'failed'; readonly details: PhaseFailureDetails };

async function runOnce(context: PhaseContext, input: RunPhaseInput, again: boolean): Promise<Outcome> {
  const { turns, sweep, heartbeatTimeoutMs } = context;
  const hasTurn = (): boolean => turns.size < (context.control().share ?? Number.POSITIVE_INFINITY);
  if (!hasTurn()) await condition(hasTurn);
  turns.add(input.phaseKey);
  try {
    const { priority, weight } = context.control();
    const urgent = urgency(priority, { again, isLast: input.closes !== null });
    const turn = await gpu({ sweep, priority: urgent, weight, heartbeatTimeoutMs }).runPhase(input);
    return turn.kind === 'failed' ? { kind: 'given_up', end: turn } : turn;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return readOutcome(error.cause);
  } finally {
    turns.delete(input.phaseKey);
  }
}

/**
 * Temporal priority of a turn. A retry goes first: a server-side retry would queue behind the whole backlog. The last phase of a trial goes
 * before the sweep's other phases, so that cells finish one by one; its number is bounded by the phases that the sweep's fair share let
 * through before, so that other sweeps lose nothing by it.
 */
export function urgency(
  priority: number,
  { again, isLast }: { readonly again: boolean; readonly isLast: boolean },
): number {
  if (again) return 1;
  return isLast ? Math.max(1, priority - 1) : priority;
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
