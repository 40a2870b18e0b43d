// The short activities: one call of the store each, on behalf of the workflow that asks. All are idempotent, because an activity
// runs again when its worker dies.

import { Context } from '@temporalio/activity';
import type { OwnerRef, SweepActivities } from '../../../workflows/activities.ts';
import type { OrchestratorStore } from '../../store/types.ts';

/** @param slots of the nodes that this replica owns; sizes the number of batches in flight */
export function shortActivities(store: OrchestratorStore, slots: () => number): Omit<SweepActivities, 'planSweep'> {
  return {
    nextRange: async ({ sweepId, size, running }) => ({
      range: await store.nextOpenRange(sweepId, size, running),
      slots: slots(),
    }),
    openCells: async ({ sweepId, from, to }) => {
      const trials = await store.openTrials(sweepId, from, to);
      return trials.map(({ cell, trialId, phases }) => ({
        cell,
        trialId,
        phases: phases.map(({ key, state }) => ({ key, state })),
      }));
    },
    closeTrial: async ({ trialId, failed }) => {
      if (failed === null) await store.closeTrial(trialId, 'finished');
      else await store.closeTrial(trialId, 'failed', failed);
    },
    releasePhase: async ({ phaseKey }) => store.releaseClaim(phaseKey, caller()),
    failPhase: async ({ phaseKey, failure, message }) => store.failPhase(phaseKey, { failure, message }),
    setSweepState: async ({ sweepId, state }) => store.setSweepState(sweepId, state),
    saveSettings: async ({ sweepId, settings }) => store.updateSweepSettings(sweepId, settings),
    retryFailed: async ({ sweepId }) => (await store.retryFailed(sweepId)).length,
    closeSweep: async ({ sweepId, state }) => {
      await store.setSweepState(sweepId, state);
      const { finished, failed } = await store.sweepCounts(sweepId);
      return { state, finished, failed };
    },
  };
}

function caller(): OwnerRef {
  const execution = Context.current().info.workflowExecution;
  if (execution === undefined) throw new TypeError('this activity belongs to a workflow');
  return { workflowId: execution.workflowId, runId: execution.runId };
}
