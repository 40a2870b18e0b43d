// Phases that none of the free slots fits wait here, first come first served, without a permit, so that they keep nobody from slots that
// are too small for them. The whole fleet is looked at, in Postgres: another replica may own the node that fits.

import type { Logger } from 'pino';
import type { OrchestratorStore, TrialPlace } from '../../store/types.ts';
import { chooseNode, requirementsText, type SlotRequirements, satisfies } from './placement.ts';

const LOOK_EVERY_MS = 2_000;

interface Waiter {
  readonly phaseKey: string;
  readonly requirements: SlotRequirements;
  readonly wake: () => void;
}

/**
 * Wakes phases in the order of their arrival, one per free slot, by looking at the whole fleet every 2 s while any
 * waits.
 */
export class FitWaiters {
  readonly #store: Pick<OrchestratorStore, 'places' | 'waitFor' | 'recordDecision'>;
  readonly #log: Logger;
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | null = null;

  constructor(store: Pick<OrchestratorStore, 'places' | 'waitFor' | 'recordDecision'>, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** Resolves when a slot that the phase wants is free, though somebody may be faster, or when `signal` fires. */
  wait(phaseKey: string, requirements: SlotRequirements, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const waiter = { phaseKey, requirements, wake: done };
      if (signal.aborted) {
        resolve();
        return;
      }
      signal.addEventListener('abort', done);
      this.#waiters.add(waiter);
      this.#lookIn(0);
    });
  }

  #lookIn(waitMs: number): void {
    this.#timer ??= setTimeout(() => void this.#look(), waitMs);
  }

  async #look(): Promise<void> {
    try {
      const places = await this.#store.places();
      const given = new Set<TrialPlace>();
      for (const waiter of [...this.#waiters]) await this.#serve(waiter, places, given);
    } catch (error) {
      this.#log.info(
        { error: String(error) },
        'the fleet could not be looked at for phases that wait for a slot; later',
      );
    }
    this.#timer = null;
    if (this.#waiters.size > 0) this.#lookIn(LOOK_EVERY_MS);
  }

  /** @param given free slots that somebody before was woken for */
  async #serve(
    { phaseKey, requirements, wake }: Waiter,
    places: readonly TrialPlace[],
    given: Set<TrialPlace>,
  ): Promise<void> {
    const fitting = places.filter((place) => satisfies(requirements, place));
    if (fitting.length === 0) {
      await this.#notify(phaseKey, requirements, places);
      return;
    }
    const free = fitting.filter((place) => place.free && !given.has(place));
    const nodes = [...new Set(fitting.map((place) => place.nodeId))];
    const candidates = nodes
      .map((nodeId) => ({ nodeId, freeSlots: free.filter((place) => place.nodeId === nodeId).length }))
      .filter((one) => one.freeSlots > 0);
    const choice = chooseNode(requirements, candidates, nodes);
    const place = free.find((one) => one.nodeId === choice?.nodeId);
    if (place === undefined) return;
    given.add(place);
    wake();
  }

  async #notify(phaseKey: string, requirements: SlotRequirements, places: readonly TrialPlace[]): Promise<void> {
    const nodes = [...new Set(places.map((place) => place.nodeId))];
    const there = nodes.length === 0 ? 'no node is connected' : `none of ${nodes.join(', ')} has one`;
    const what = `waits for ${requirementsText(requirements)}: ${there}`;
    if (!(await this.#store.waitFor(phaseKey, what))) return;
    this.#log.warn(
      { phase: phaseKey, device: requirements.device, memoryBytes: requirements.memoryBytes },
      'a phase fits no slot',
    );
    const { device, memoryBytes } = requirements;
    await this.#store.recordDecision({
      ...{ kind: 'fits_nowhere', phaseKey, attempt: null, nodeId: null, reason: what },
      details: { device, memoryBytes },
    });
  }
}
