// Ends a process that this one did not start: a trainer whose worker was killed.

import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, type ProcessMark } from '../config/index.ts';

const POLL_MS = 20;

/** Waits up to `graceMs` for it to end by itself, then kills it; resolves when it is dead. A process that reuses the pid is left alone. */
export async function endProcess(mark: ProcessMark, graceMs: number): Promise<void> {
  const deadlineMs = performance.now() + graceMs;
  while (isAlive(mark)) {
    if (performance.now() >= deadlineMs) process.kill(mark.pid, 'SIGKILL');
    await delay(POLL_MS);
  }
}
