// When a node is sick: its attempts fail while the same phases go on elsewhere, or it cannot start a trainer. Pure; the evidence is Postgres' record of attempts.

import type { AttemptFailure } from './errors.ts';

/**
 * Failures that may be the node's fault. Not `out_of_memory` and `nan_loss`: their retries do something else, so that a success elsewhere
 * proves nothing; not `node_lost` and `preempted`: those are seen by other means.
 */
export const NODE_SUSPECT_FAILURES = [
  'code_error',
  'worker_crash',
  'timeout',
  'trainer_start',
  'artifact_store',
] as const satisfies readonly AttemptFailure[];

export function maySuspectNode(failure: AttemptFailure): boolean {
  return NODE_SUSPECT_FAILURES.some((one) => one === failure);
}

/** How an attempt on the node ended. */
export interface NodeOutcome {
  readonly phaseId: number;
  /** null = it finished. */
  readonly failure: AttemptFailure | null;
  /** The phase finished on another node afterwards, or got beyond the step at which it failed here. */
  readonly wentOnElsewhere: boolean;
  /** Opened after the present quarantine began: a canary. */
  readonly sinceQuarantine: boolean;
}

/** Ends of attempts that are looked at. */
export const NODE_OUTCOMES = 20;
/** Different phases that must have failed here and gone on elsewhere; fewer may be bad luck. */
const LEAST_PHASES = 3;
/** Attempts in a row that got no trainer here: no phase has a part in that, so nothing needs to go on elsewhere. */
const LEAST_FAILED_STARTS = 3;

export type NodeVerdict =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'quarantine' | 'extend'; readonly reason: string }
  | { readonly kind: 'readmit' };

/** @param outcomes the latest, newest first, at most `NODE_OUTCOMES`, none from before the node was last trusted */
export function judgeNode(isQuarantined: boolean, outcomes: readonly NodeOutcome[]): NodeVerdict {
  if (isQuarantined) {
    const canary = outcomes.find((one) => one.sinceQuarantine);
    if (canary === undefined) return { kind: 'unchanged' };
    if (canary.failure === null) return { kind: 'readmit' };
    return { kind: 'extend', reason: `its canary phase ended with ${canary.failure}` };
  }
  const others = outcomes.findIndex((one) => one.failure !== 'trainer_start');
  const failedStarts = others === -1 ? outcomes.length : others;
  if (failedStarts >= LEAST_FAILED_STARTS)
    return { kind: 'quarantine', reason: `no trainer could be started for its last ${failedStarts} attempts` };
  const finished = outcomes.filter((one) => one.failure === null).length;
  const suspicious = outcomes.filter(
    ({ failure, wentOnElsewhere }) => failure !== null && wentOnElsewhere && maySuspectNode(failure),
  );
  const phases = new Set(suspicious.map((one) => one.phaseId)).size;
  if (phases < LEAST_PHASES || suspicious.length <= finished) return { kind: 'unchanged' };
  const classes = [...new Set(suspicious.map((one) => one.failure))].join(', ');
  const reason = `${phases} phases failed here (${classes}) and went on elsewhere; ${finished} of the last ${outcomes.length} attempts finished here`;
  return { kind: 'quarantine', reason };
}
