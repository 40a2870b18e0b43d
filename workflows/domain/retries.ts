// `retries` of a sweep file: budgets and backoff per failure class, and what to do about a loss that is no number. Never part of an
// identity: how often a phase was tried does not change what it is.

import { z } from 'zod';
import { type AttemptFailure, RETRY_POLICIES, type RetryPolicy } from './errors.ts';

const budgetSchema = z.strictObject({
  attempts: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .meta({
      description: 'Attempts that may end with this failure before the phase is given up, the first one included.',
      unit: 'attempts',
      examples: [5],
    }),
  backoffMs: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .optional()
    .meta({
      description: 'Wait before the second attempt; it doubles with every attempt of the class.',
      unit: 'ms',
      examples: [1000],
    }),
  maxBackoffMs: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .optional()
    .meta({
      description: 'Ceiling of the wait.',
      unit: 'ms',
      examples: [60_000],
    }),
});

/** @param description when the class is met */
const budget = (description: string) => budgetSchema.optional().meta({ description, examples: [{ attempts: 5 }] });

const onNanSchema = z.union([
  z.enum(['fail', 'reorder']),
  z.strictObject({
    lowerRate: z
      .number()
      .min(0.000_001)
      .max(0.999_999)
      .meta({
        description: 'Go on from the last good checkpoint with learning rates times this factor.',
        examples: [0.5],
      }),
  }),
]);

/** Configurable classes: all but `bad_config`, which no repetition mends, and `cancelled`, which is a wish. */
export const retriesSchema = z.strictObject({
  code_error: budget('An exception inside the trainer.'),
  out_of_memory: budget('Memory of GPU or machine ran out.'),
  nan_loss: budget('The loss was no number.'),
  node_lost: budget('The node did not answer any more.'),
  preempted: budget('The node was asked to leave.'),
  timeout: budget('A trainer without a new step was ended.'),
  worker_crash: budget('The trainer’s process ended unasked.'),
  trainer_start: budget('A trainer did not come up.'),
  artifact_store: budget('The artifact store could not be read or written.'),
  onNan: onNanSchema.optional().meta({
    description:
      'What follows a loss that is no number. `fail`: no retry, the default. `reorder`: from the last good checkpoint with other data. `lowerRate`: with a lower rate.',
    examples: ['reorder', { lowerRate: 0.5 }],
  }),
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
