// Waits, without a slot of the fleet, until a phase that another workflow has claimed changes, or until that workflow is closed.

import { Context } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { OwnerRef, WaitActivities } from '../../../workflows/activities.ts';
import type { OrchestratorStore } from '../../store/types.ts';
import { pause } from '../persist.ts';
import type { PhaseNotifications } from '../phase-notifications.ts';

/** Checks even without news: a NOTIFY may be lost with its connection, a closed workflow sends none. */
const CHECK_EVERY_MS = 5_000;

/**
 * The activity `waitPhase`: resolves with null when the claim or the state of the phase has changed, with the owner
 * when its workflow is closed and the phase can be taken over.
 */
export function waitPhaseActivity(
  store: Pick<OrchestratorStore, 'phaseOwner'>,
  client: Client,
  notifications: PhaseNotifications,
): WaitActivities['waitPhase'] {
  return async ({ phaseKey, owner }) => {
    const context = Context.current();
    for (;;) {
      const changed = notifications.next(phaseKey);
      try {
        const now = await store.phaseOwner(phaseKey);
        if (now === null || now.workflowId !== owner.workflowId || now.runId !== owner.runId) return null;
        if (await isClosed(client, owner)) return owner;
        context.heartbeat();
        await Promise.race([changed.promise, pause(CHECK_EVERY_MS, context.cancellationSignal)]);
      } finally {
        changed.forget();
      }
      if (context.cancellationSignal.aborted) await context.cancelled;
    }
  };
}

async function isClosed(client: Client, owner: OwnerRef): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(owner.workflowId, owner.runId).describe();
    return status.name !== 'RUNNING' && status.name !== 'PAUSED';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return true;
    throw error;
  }
}
