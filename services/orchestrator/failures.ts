// The outer edge of the activities: the project's errors and attempt ends become ApplicationFailures whose type is the stable code.
// The server never retries them: the batch decides (workflows/phase-run.ts).

import { ApplicationFailure } from '@temporalio/common';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { PhaseFailureDetails } from '../../workflows/activities.ts';
import type { FailureReport, OrchestratorStore } from '../store/types.ts';
import type { AttemptEnd } from './fleet/attempt-follower.ts';

/** Codes that pass by themselves: a short activity is repeated, anything else is refused for good. */
const PASSING = new Set(['STORE_UNREACHABLE', 'TEMPORAL_UNREACHABLE', 'NO_SLOT']);

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

/** What `runPhase` fails with; counts the attempts of the class in Postgres. */
export async function endFailure(store: OrchestratorStore, phaseId: number, end: BadEnd): Promise<ApplicationFailure> {
  switch (end.kind) {
    case 'fenced':
      return ApplicationFailure.nonRetryable('FENCED: a newer attempt owns the phase', 'FENCED');
    case 'stopped':
      return phaseFailure('STOPPED', { failure: 'preempted', message: 'The attempt was stopped.', attemptsOfClass: 1 });
    case 'failed': {
      const { code, failure, message } = end.report;
      const counts = await store.failureCounts(phaseId);
      return phaseFailure(code, { failure, message, attemptsOfClass: counts[failure] ?? 1 });
    }
  }
}

function phaseFailure(code: FailureReport['code'], details: PhaseFailureDetails): ApplicationFailure {
  return ApplicationFailure.create({ message: details.message, type: code, nonRetryable: true, details: [details] });
}
