// Whether and when a phase is tried again, decided from the counts that Postgres keeps and the sweep's own budgets. Pure.

import type { AttemptFailure } from './errors.ts';
import { type Retries, retryPolicy } from './retries.ts';

export type RetryDecision = { readonly retry: true; readonly delayMs: number } | { readonly retry: false };

/**
 * @param attemptsOfClass attempts of the phase that have ended with this failure class, the last one included; at least 1
 * @returns the wait doubles with every attempt of the class up to the class's ceiling
 */
export function nextRetry(failure: AttemptFailure, attemptsOfClass: number, retries?: Retries): RetryDecision {
  const { maxAttempts, initialBackoffMs, maxBackoffMs } = retryPolicy(failure, retries);
  if (attemptsOfClass >= maxAttempts) return { retry: false };
  return { retry: true, delayMs: Math.min(initialBackoffMs * 2 ** (Math.max(1, attemptsOfClass) - 1), maxBackoffMs) };
}
