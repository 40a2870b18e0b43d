// One phase inside a batch: claim it, run it with retries or wait for whoever has it, until it is finished or failed for good.
// Retries are decided here from counts that Postgres keeps; the server never retries (temporal.md section 5).

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
          const { failure, message, attemptsOfClass } = outcome.details;
          const retry = nextRetry(failure, attemptsOfClass);
          if (!retry.retry) {
            await short.failPhase({ phaseKey, failure, message });
            return { kind: 'failed', failure, message };
          }
          log.info('phase is tried again', { phase: phaseKey, code: failure, delayMs: retry.delayMs });
          await sleep(retry.delayMs);
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
    const turn = await gpu({ sweep, priority: again ? 1 : priority, weight, heartbeatTimeoutMs }).runPhase(input);
    return turn.kind === 'failed' ? { kind: 'given_up', end: turn } : turn;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return readOutcome(error.cause);
  } finally {
    turns.delete(input.phaseKey);
  }
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
