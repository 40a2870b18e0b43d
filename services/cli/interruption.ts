// Ctrl-C and SIGTERM as an AbortSignal, so that commands that wait can say how to come back. A second Ctrl-C ends at once.

import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../edge/index.ts';

/** `signal` fires at the first SIGINT or SIGTERM. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Signals end the process again, as before. */
  stopListening(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Takes SIGINT and SIGTERM from the process until `stopListening`. A second one exits at once, with 130. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    stopListening: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** What unlessInterrupted throws; not an error, so nothing is printed. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** Waits; an abort only makes it shorter. */
export async function waitUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** @throws an AbortError as soon as the signal aborts; what `work` does afterwards nobody hears */
export async function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return await Promise.race([work, interrupted]);
}
