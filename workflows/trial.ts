// A trial is a coroutine of its batch, not a workflow of its own (temporal.md section 0): its phases in order, then its final state.

import type { OpenedTrial } from './activities.ts';
import { short } from './activity-proxies.ts';
import type { PhaseEnd } from './phase-run.ts';

/** Runs a phase, or joins the one that runs: equal keys share one promise inside a batch. */
export type PhaseRunner = (phaseKey: string) => Promise<PhaseEnd>;

/** @throws CancelledFailure when paused or cancelled; the trial then stays open. */
export async function runTrial(trial: OpenedTrial, runPhase: PhaseRunner): Promise<void> {
  for (const phase of trial.phases) {
    if (phase.state === 'finished') continue;
    const end = await runPhase(phase.key);
    if (end.kind === 'failed') {
      const { failure, message } = end;
      await short.closeTrial({ trialId: trial.trialId, failed: { failure, message } });
      return;
    }
  }
  await short.closeTrial({ trialId: trial.trialId, failed: null });
}

/** One promise per phase key, made at first use; a failure is forgotten, so that a retried trial asks Postgres anew. */
export function sharePhases(run: PhaseRunner): PhaseRunner {
  const phases = new Map<string, Promise<PhaseEnd>>();
  return (phaseKey) => {
    let phase = phases.get(phaseKey);
    if (phase === undefined) {
      phase = run(phaseKey).then((end) => {
        if (end.kind === 'failed') phases.delete(phaseKey);
        return end;
      });
      phases.set(phaseKey, phase);
    }
    return phase;
  };
}
