// The outer edge of the activities: the project's errors and attempt ends become ApplicationFailures whose type is the stable code.
// The server never retries them: the batch decides (workflows/phase-run.ts).

import { ApplicationFailure } from '@temporalio/common';
import type { PhaseFailureDetails } from '../../workflows/activities.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { retryPolicy } from '../../workflows/domain/retries.ts';
import { nextRetry } from '../../workflows/domain/retry.ts';
import type { FailureReport, OrchestratorStore } from '../store/types.ts';
import type { AttemptEnd, AttemptRef } from './fleet/attempt-end.ts';

/** Before a stopped phase goes on elsewhere. */
const RESTART_MS = 500;
/** Codes that pass by themselves: a short activity is repeated, anything else is refused for good. */
const PASSING = new Set(['STORE_UNREACHABLE', 'TEMPORAL_UNREACHABLE', 'NO_SLOT']);

/**
 * A LatentSweepError as a failure of its code, to be retried only where the code passes by itself; any other error as
 * it is.
 */
export function toApplicationFailure(error: unknown): Error {
  if (error instanceof LatentSweepError) {
    return ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: !PASSING.has(error.code),
      details: [error.details],
    });
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** An end that is not a result. */
export type BadEnd = Extract<AttemptEnd, { kind: 'failed' | 'fenced' | 'stopped' }>;

/** What `runPhase` fails with. Decides about the retry, by the counts in Postgres and the sweep's budgets, and records the decision. */
export async function endFailure(store: OrchestratorStore, id: AttemptRef, end: BadEnd): Promise<ApplicationFailure> {
  switch (end.kind) {
    case 'fenced':
      return ApplicationFailure.nonRetryable('FENCED: a newer attempt owns the phase', 'FENCED');
    case 'stopped': {
      const message = 'The attempt was stopped.';
      return phaseFailure('STOPPED', { failure: 'preempted', message, attemptsOfClass: 1, retryInMs: RESTART_MS });
    }
    case 'failed': {
      const { code, failure, message } = end.report;
      const { counts, retries } = await store.failureRecord(id.phaseId);
      // none counted: its node was put into quarantine meanwhile
      const attemptsOfClass = counts[failure] ?? 0;
      const decision = nextRetry(failure, attemptsOfClass, retries);
      const { maxAttempts } = retryPolicy(failure, retries);
      await store.recordDecision({
        kind: decision.retry ? 'retry' : 'given_up',
        phaseKey: id.phaseKey,
        attempt: id.attempt,
        nodeId: null,
        reason: decision.retry
          ? `${failure}: tried again in ${decision.delayMs} ms (${attemptsOfClass} of ${maxAttempts} attempts of this class)`
          : `${failure}: given up after ${attemptsOfClass} of ${maxAttempts} attempts of this class`,
        details: { failure, code, attemptsOfClass, maxAttempts, delayMs: decision.retry ? decision.delayMs : null },
      });
      const retryInMs = decision.retry ? decision.delayMs : null;
      return phaseFailure(code, { failure, message, attemptsOfClass, retryInMs });
    }
  }
}

function phaseFailure(code: FailureReport['code'], details: PhaseFailureDetails): ApplicationFailure {
  return ApplicationFailure.create({ message: details.message, type: code, nonRetryable: true, details: [details] });
}
