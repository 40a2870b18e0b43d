// Writes that must reach Postgres wait for it: its absence delays, it loses nothing (the events stay in the nodes' spools).

import type { Logger } from 'pino';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

/** A write that was given up because its signal fired; whether it reached Postgres is not known. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/**
 * Repeats `write` while the store is unreachable. `write` must be idempotent.
 *
 * @throws StoppedError once `signal` fires; any other error of `write` at once
 */
export async function persist<T>(write: () => Promise<T>, signal: AbortSignal, log: Logger): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    if (signal.aborted) throw new StoppedError('the orchestrator stops');
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof LatentSweepError) || error.code !== 'STORE_UNREACHABLE') throw error;
      log.warn({ code: error.code }, 'Postgres does not answer; the write waits');
    }
    await pause(waitMs, signal);
  }
}

/** Resolves after `waitMs`, or early when `signal` fires. */
export function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done);
  });
}
