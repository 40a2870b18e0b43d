// Repeats a call that Temporal cannot serve at the moment, such as while an orchestrator restarts. Only for calls that may be repeated.

import { setTimeout as pause } from 'node:timers/promises';
import { isPassing } from './temporal-errors.ts';

/** Between two tries; 15 s in all. */
const WAITS_MS = [200, 400, 800, 1_600, 3_000, 4_000, 5_000] as const;

/** @throws the last error; at once one that does not pass */
export async function patiently<T>(
  call: () => Promise<T>,
  wait: (ms: number) => Promise<unknown> = (ms) => pause(ms),
): Promise<T> {
  for (const waitMs of WAITS_MS) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await wait(waitMs);
  }
  return await call();
}
