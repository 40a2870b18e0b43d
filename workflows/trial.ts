// A trial is a coroutine of its batch, not a workflow of its own (docs/design/temporal.md section 0): its phases in order, then its final state.

import type { OpenedTrial } from './activities.ts';
import { short } from './activity-proxies.ts';
import type { PhaseEnd } from './phase-run.ts';

/**
 * Runs a phase, or joins the one that runs: equal keys share one promise inside a batch.
 *
 * @param closes the trial that the phase finishes
 * @param isUnderWay whether an earlier phase of the trial ran just before
 */
export type PhaseRunner = (phaseKey: string, closes: number | null, isUnderWay: boolean) => Promise<PhaseEnd>;

/** @throws CancelledFailure when paused or cancelled; the trial then stays open. */
export async function runTrial(trial: OpenedTrial, runPhase: PhaseRunner): Promise<void> {
  const { phases, trialId } = trial;
  let isUnderWay = false;
  for (const [i, phase] of phases.entries()) {
    if (phase.state === 'finished') continue;
    const end = await runPhase(phase.key, i === phases.length - 1 ? trialId : null, isUnderWay);
    if (end.kind === 'failed') {
      const { failure, message } = end;
      await short.closeTrial({ trialId, failed: { failure, message } });
      return;
    }
    if (end.closed === trialId) return;
    isUnderWay = true;
  }
  await short.closeTrial({ trialId, failed: null });
}

/** One promise per phase key, made at first use; a failure is forgotten, so that a retried trial asks Postgres anew. */
export function sharePhases(run: PhaseRunner): PhaseRunner {
  const shared = new Map<string, Promise<PhaseEnd>>();
  return (phaseKey, closes, isUnderWay) => {
    let phase = shared.get(phaseKey);
    if (phase === undefined) {
      phase = run(phaseKey, closes, isUnderWay).then((end) => {
        if (end.kind === 'failed') shared.delete(phaseKey);
        return end;
      });
      shared.set(phaseKey, phase);
    }
    return phase;
  };
}

/** One promise per phase key while it runs: whoever asks later has it run anew. */
export function shareRuns(run: (phaseKey: string) => Promise<PhaseEnd>): (phaseKey: string) => Promise<PhaseEnd> {
  const running = new Map<string, Promise<PhaseEnd>>();
  return (phaseKey) => {
    const known = running.get(phaseKey);
    if (known !== undefined) return known;
    const phase = run(phaseKey).finally(() => running.delete(phaseKey));
    running.set(phaseKey, phase);
    return phase;
  };
}
