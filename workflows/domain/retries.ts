// `retries` of a sweep file: budgets and backoff per failure class, and what to do about a loss that is no number. Never part of an
// identity: how often a phase was tried does not change what it is.

import { z } from 'zod';
import { type AttemptFailure, RETRY_POLICIES, type RetryPolicy } from './errors.ts';

const budgetSchema = z.strictObject({
  /** Attempts that may end with this failure before the phase is given up, the first one included. */
  attempts: z.number().int().min(1).max(1_000).optional(),
  /** Wait before the second attempt; it doubles with every attempt of the class. */
  backoffMs: z.number().int().min(0).max(3_600_000).optional(),
  /** Ceiling of the wait. */
  maxBackoffMs: z.number().int().min(0).max(3_600_000).optional(),
});

/** `fail`: no retry. `reorder`: from the last good checkpoint with other data. `lowerRate`: with learning rates times this factor. */
const onNanSchema = z.union([
  z.enum(['fail', 'reorder']),
  z.strictObject({ lowerRate: z.number().min(0.000_001).max(0.999_999) }),
]);

/** Configurable classes: all but `bad_config`, which no repetition mends, and `cancelled`, which is a wish. */
export const retriesSchema = z.strictObject({
  code_error: budgetSchema.optional(),
  out_of_memory: budgetSchema.optional(),
  nan_loss: budgetSchema.optional(),
  node_lost: budgetSchema.optional(),
  preempted: budgetSchema.optional(),
  timeout: budgetSchema.optional(),
  worker_crash: budgetSchema.optional(),
  trainer_start: budgetSchema.optional(),
  artifact_store: budgetSchema.optional(),
  onNan: onNanSchema.optional(),
});

export type Retries = z.infer<typeof retriesSchema>;
export type OnNan = z.infer<typeof onNanSchema>;

/** Attempts of a phase whose NaN is answered with another data order or a lower rate, where the sweep file gives no number. */
const NAN_ATTEMPTS = 3;

export function retryPolicy(failure: AttemptFailure, retries: Retries = {}): RetryPolicy {
  const usual: RetryPolicy = RETRY_POLICIES[failure];
  if (failure === 'bad_config' || failure === 'cancelled') return usual;
  const { attempts, backoffMs, maxBackoffMs } = retries[failure] ?? {};
  const mendsNan = failure === 'nan_loss' && (retries.onNan ?? 'fail') !== 'fail';
  const initialBackoffMs = backoffMs ?? usual.initialBackoffMs;
  return {
    maxAttempts: attempts ?? (mendsNan ? NAN_ATTEMPTS : usual.maxAttempts),
    initialBackoffMs,
    maxBackoffMs: Math.max(initialBackoffMs, maxBackoffMs ?? usual.maxBackoffMs),
    countsAgainstTrial: usual.countsAgainstTrial,
  };
}
