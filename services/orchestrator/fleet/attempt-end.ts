// Which attempt is meant, and how it can end. Types only, so that what reports an end need not know who follows the attempt.

import type { FailureReport } from '../../store/types.ts';

/** An attempt of a phase: `attempt` counts from 1 within the phase, `phaseId` is the row in Postgres, `phaseKey` the hash that nodes know. */
export interface AttemptRef {
  readonly phaseId: number;
  readonly phaseKey: string;
  readonly attempt: number;
}

/** How following an attempt ended; all but `detached` are recorded in Postgres first. */
export type AttemptEnd =
  | { readonly kind: 'finished' }
  /** On request; everything up to its last commit is kept. */
  | { readonly kind: 'stopped' }
  /** A newer attempt owns the phase. */
  | { readonly kind: 'fenced' }
  | { readonly kind: 'failed'; readonly report: FailureReport }
  /** This replica no longer follows it (shutdown, node passed on); the attempt may go on. */
  | { readonly kind: 'detached' };
