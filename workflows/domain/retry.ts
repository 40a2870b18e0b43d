// Whether and when a phase is tried again, decided by the batch from the counts that Postgres keeps. Pure.

import { type AttemptFailure, RETRY_POLICIES } from './errors.ts';

export type RetryDecision = { readonly retry: true; readonly delayMs: number } | { readonly retry: false };

/**
 * @param attemptsOfClass attempts of the phase that have ended with this failure class, the last one included; at least 1
 * @returns the wait doubles with every attempt of the class up to the class's ceiling
 */
export function nextRetry(failure: AttemptFailure, attemptsOfClass: number): RetryDecision {
  const { maxAttempts, initialBackoffMs, maxBackoffMs } = RETRY_POLICIES[failure];
  if (attemptsOfClass >= maxAttempts) return { retry: false };
  return { retry: true, delayMs: Math.min(initialBackoffMs * 2 ** (Math.max(1, attemptsOfClass) - 1), maxBackoffMs) };
}
