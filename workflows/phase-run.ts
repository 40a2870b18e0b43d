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
import type { FailureSummary, OwnerRef, PhaseClaim, PhaseFailureDetails } from './activities.ts';
import { gpu, short, waiting } from './activity-proxies.ts';
import type { BatchControl } from './contract.ts';
import { nextRetry } from './domain/retry.ts';

export type PhaseEnd = { readonly kind: 'finished' } | ({ readonly kind: 'failed' } & FailureSummary);

/** What a phase needs of its batch. */
export interface PhaseContext {
  readonly sweep: string;
  readonly sweepId: number;
  control(): BatchControl;
  /** Phases of this batch on or waiting for a slot; bounded by the batch's share of the sweep's width. */
  readonly turns: Set<string>;
}

const LOST_RETRY_MS = 500;
const NO_SLOT_RETRY_MS = 1_000;

/** @throws CancelledFailure after the activity let go and the claim was given back, so that others may have it. */
export async function runPhaseToEnd(context: PhaseContext, phaseKey: string): Promise<PhaseEnd> {
  let takeOver: OwnerRef | null = null;
  try {
    for (;;) {
      const claim: PhaseClaim = await short.claimPhase({ phaseKey, takeOver });
      switch (claim.kind) {
        case 'done':
          return { kind: 'finished' };
        case 'failed':
          return claim;
        case 'wait':
          takeOver = await waiting.waitPhase({ phaseKey, owner: claim.owner });
          break;
        case 'run': {
          const end = await runClaimed(context, phaseKey, claim.fence);
          if (end !== 'claim_again') return end;
          takeOver = null;
        }
      }
    }
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => short.releasePhase({ phaseKey }));
    throw error;
  }
}

async function runClaimed(context: PhaseContext, phaseKey: string, fence: number): Promise<PhaseEnd | 'claim_again'> {
  for (let again = false; ; again = true) {
    const outcome = await runOnce(context, phaseKey, fence, again);
    switch (outcome.kind) {
      case 'finished':
        return { kind: 'finished' };
      case 'fenced':
        return 'claim_again';
      case 'later':
        await sleep(outcome.delayMs);
        break;
      case 'failed': {
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
}

type Outcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'fenced' }
  /** No attempt ended: no slot was there, or the activity's orchestrator died and the phase may still be running. */
  | { readonly kind: 'later'; readonly delayMs: number }
  | { readonly kind: 'failed'; readonly details: PhaseFailureDetails };

async function runOnce(context: PhaseContext, phaseKey: string, fence: number, again: boolean): Promise<Outcome> {
  const { turns, sweep, sweepId } = context;
  const hasTurn = (): boolean => turns.size < (context.control().share ?? Number.POSITIVE_INFINITY);
  if (!hasTurn()) await condition(hasTurn);
  turns.add(phaseKey);
  try {
    const { priority, weight } = context.control();
    await gpu({ sweep, priority: again ? 1 : priority, weight }).runPhase({ sweepId, phaseKey, fence });
    return { kind: 'finished' };
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return readOutcome(error.cause);
  } finally {
    turns.delete(phaseKey);
  }
}

/** Exported for its tests. @throws the cause itself when it is none of the project's failures. */
export function readOutcome(cause: Error | undefined): Outcome {
  if (cause instanceof TimeoutFailure) return { kind: 'later', delayMs: LOST_RETRY_MS };
  if (cause instanceof ApplicationFailure) {
    if (cause.type === 'NO_SLOT') return { kind: 'later', delayMs: NO_SLOT_RETRY_MS };
    if (cause.type === 'FENCED') return { kind: 'fenced' };
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
