// Live numbers of an attempt as its node tells them: shown, heartbeat, never results. What cannot be is not shown, because the rows of all
// attempts are written together and one that Postgres refuses would take the others with it.

import { RECORD_LIMITS } from '../../../workflows/domain/record-limits.ts';
import type { Progress, Started } from '../../gen/latentsweep/worker/v1/worker.ts';

/** Steps of the whole phase; loss in nats per token, null before the first. */
export interface LiveProgress {
  readonly step: number;
  readonly totalSteps: number;
  readonly lossNats: number | null;
  readonly tokensPerSecond: number;
}

const MOST_STEPS = BigInt(RECORD_LIMITS.integer);

/** @returns null for numbers that no trainer sends */
export function liveProgress(event: Started | Progress): LiveProgress | null {
  const { step, totalSteps } = event;
  const lossNats = 'lossNats' in event ? (event.lossNats ?? null) : null;
  const tokensPerSecond = 'tokensPerSecond' in event ? event.tokensPerSecond : 0;
  if (step > MOST_STEPS || totalSteps > MOST_STEPS || !(tokensPerSecond >= 0 && tokensPerSecond < Infinity))
    return null;
  return { step: Number(step), totalSteps: Number(totalSteps), lossNats, tokensPerSecond };
}
