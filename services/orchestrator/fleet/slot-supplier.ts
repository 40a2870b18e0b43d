// The custom slot supplier of the `gpu` queue: a permit only while the fleet has a place. Permits are interchangeable counters.
// The four traps that it avoids are in docs/design/temporal.md section 2.

import type { ActivitySlotInfo, CustomSlotSupplier, SlotPermit } from '@temporalio/worker';
import type { Fleet } from './fleet.ts';

/**
 * Grants at most `fleet.capacity()` permits at a time, first come first served, and grants again whenever the fleet
 * changes.
 */
export class FleetSlotSupplier implements CustomSlotSupplier<ActivitySlotInfo> {
  readonly type = 'custom';
  readonly #fleet: Fleet;
  readonly #granted = new Set<SlotPermit>();
  readonly #waiting = new Set<(permit: SlotPermit) => void>();
  readonly #stopListening: () => void;
  #closing = false;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#stopListening = fleet.onChange(() => this.#pump());
  }

  get granted(): number {
    return this.#granted.size;
  }

  async reserveSlot(_context: unknown, abortSignal: AbortSignal): Promise<SlotPermit> {
    for (;;) {
      // core logs any other error than the reason itself
      abortSignal.throwIfAborted();
      const permit = await this.#wait(abortSignal);
      if (permit !== null) return permit;
    }
  }

  /** Only asked for eager activities, which separate workers never have. */
  tryReserveSlot(): SlotPermit | null {
    return null;
  }

  markSlotUsed(): void {
    // names only the activity type; the concrete slot is taken by the activity itself
  }

  releaseSlot(context: { readonly permit: SlotPermit }): void {
    this.#granted.delete(context.permit);
    this.#pump();
  }

  /** Before `worker.shutdown()`: a permit granted while the worker shuts down is never released. */
  close(): void {
    this.#closing = true;
    this.#stopListening();
  }

  /** @returns null when aborted */
  #wait(abortSignal: AbortSignal): Promise<SlotPermit | null> {
    return new Promise((resolve) => {
      const abort = (): void => {
        this.#waiting.delete(grant);
        resolve(null);
      };
      const grant = (permit: SlotPermit): void => {
        abortSignal.removeEventListener('abort', abort);
        resolve(permit);
      };
      abortSignal.addEventListener('abort', abort);
      this.#waiting.add(grant);
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.#closing && this.#waiting.size > 0 && this.#granted.size < this.#fleet.capacity()) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      this.#waiting.delete(first);
      const permit: SlotPermit = {};
      this.#granted.add(permit);
      first(permit);
    }
  }
}
