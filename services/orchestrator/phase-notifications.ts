// Fans the store's notifications about phases out to the activities that wait for one. News may come too often, never too seldom
// for long: waiters also check by themselves.

import type { Logger } from 'pino';
import type { OrchestratorStore } from '../store/types.ts';
import { pause } from './persist.ts';

/** Resolves at the next change of one phase; `forget` it in any case, else it stays registered. */
export interface NextNotification {
  readonly promise: Promise<void>;
  forget(): void;
}

/**
 * Who waits for which phase in this process. Notifications may be lost with a connection, so waiters look by
 * themselves too.
 */
export class PhaseNotifications {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Register before reading the state that the news is about. */
  next(phaseKey: string): NextNotification {
    const waiters = this.#waiting.get(phaseKey) ?? new Set();
    this.#waiting.set(phaseKey, waiters);
    let wake = (): void => undefined;
    const promise = new Promise<void>((resolve) => {
      wake = resolve;
    });
    waiters.add(wake);
    const forget = (): void => {
      waiters.delete(wake);
      if (waiters.size === 0) this.#waiting.delete(phaseKey);
    };
    return { promise, forget };
  }

  /** null: anything may have changed. */
  notify(phaseKey: string | null): void {
    const groups =
      phaseKey === null ? [...this.#waiting.values()] : [this.#waiting.get(phaseKey) ?? new Set<() => void>()];
    for (const group of groups) for (const wake of [...group]) wake();
  }

  /** Listens until `signal` fires, again after every failure. */
  async listen(store: Pick<OrchestratorStore, 'listenPhases'>, signal: AbortSignal, log: Logger): Promise<void> {
    while (!signal.aborted) {
      try {
        await store.listenPhases(signal, (phaseKey) => this.notify(phaseKey));
      } catch (error) {
        log.info({ error: String(error) }, 'listening for phases failed; trying again');
      }
      await pause(1_000, signal);
    }
  }
}
