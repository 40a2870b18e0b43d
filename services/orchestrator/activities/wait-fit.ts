// Waits, without a slot of the fleet, until a slot that the phase fits is free somewhere. Which one it gets is settled when it asks again.

import { Context } from '@temporalio/activity';
import type { WaitActivities } from '../../../workflows/activities.ts';
import type { OrchestratorStore } from '../../store/types.ts';
import type { FitWaiters } from '../fleet/fit-waiters.ts';
import { wantOf } from '../fleet/placement.ts';

const HEARTBEAT_MS = 5_000;

export function waitFitActivity(
  store: Pick<OrchestratorStore, 'placementOf'>,
  waiters: FitWaiters,
): WaitActivities['waitFit'] {
  return async ({ phaseKey }) => {
    const context = Context.current();
    const beating = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
    try {
      context.heartbeat();
      const want = wantOf(await store.placementOf(phaseKey));
      await waiters.wait(phaseKey, want, context.cancellationSignal);
      if (context.cancellationSignal.aborted) await context.cancelled;
    } finally {
      clearInterval(beating);
    }
  };
}
