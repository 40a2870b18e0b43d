// Waits, without a slot of the fleet, until a slot that the phase fits is free somewhere. Which one it gets is settled when it asks again.

import { Context } from '@temporalio/activity';
import type { WaitActivities } from '../../../workflows/activities.ts';
import type { OrchestratorStore } from '../../store/types.ts';
import type { FitWaiters } from '../fleet/fit-waiters.ts';
import { slotRequirements } from '../fleet/placement.ts';

const HEARTBEAT_MS = 5_000;

/**
 * The activity `waitFit`: resolves when a slot that satisfies the phase is free, which another phase may still get
 * first. It reserves nothing.
 */
export function waitFitActivity(
  store: Pick<OrchestratorStore, 'placementOf'>,
  waiters: FitWaiters,
): WaitActivities['waitFit'] {
  return async ({ phaseKey }) => {
    const context = Context.current();
    const beating = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
    try {
      context.heartbeat();
      const requirements = slotRequirements(await store.placementOf(phaseKey));
      await waiters.wait(phaseKey, requirements, context.cancellationSignal);
      if (context.cancellationSignal.aborted) await context.cancelled;
    } finally {
      clearInterval(beating);
    }
  };
}
