// The slots of the nodes that this replica owns. Capacity is a count for the slot supplier; a concrete slot is taken by the activity
// when it starts (docs/design/temporal.md section 2). Nothing here talks to Temporal or Postgres.

import type { Node } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { ConnectWorker } from '../transport.ts';
import { NodeSession, type SlotLease, type SlotUse } from './node-session.ts';
import { chooseNode, type SlotRequirements, satisfies } from './placement.ts';

/** A slot that was taken, and why this one, in words. */
export interface Placed {
  readonly lease: SlotLease;
  readonly reason: string;
}

/**
 * The sessions of this replica's nodes and the slots that they lease; listeners hear of every change. One instance
 * per replica.
 */
export class Fleet {
  readonly sessions = new Map<string, NodeSession>();
  readonly #connect: ConnectWorker;
  readonly #listeners = new Set<() => void>();

  constructor(connect: ConnectWorker) {
    this.#connect = connect;
  }

  /** @throws LatentSweepError CONFIG_INVALID for an address that no connection can be made to; nothing is called yet */
  checkAddress(address: string): void {
    this.#connect(address).close();
  }

  /** @returns the session of the node, new or updated; not `ready` when new. */
  join(node: Node, nowMs: number): NodeSession {
    const known = this.sessions.get(node.nodeId);
    if (known !== undefined) {
      known.update(node, nowMs);
      this.changed();
      return known;
    }
    const session = new NodeSession(node, this.#connect, nowMs);
    this.sessions.set(node.nodeId, session);
    return session;
  }

  drop(session: NodeSession): void {
    if (this.sessions.get(session.nodeId) === session) this.sessions.delete(session.nodeId);
    session.close();
    this.changed();
  }

  /** Permits that may be out: free slots and those whose attempt an activity of this process has or will have. */
  capacity(): number {
    let count = 0;
    for (const session of this.sessions.values()) {
      if (!session.ready) continue;
      count += session.freeSlots().length;
      for (const lease of session.leases.values()) if (lease.use !== 'adopted') count += 1;
    }
    return count;
  }

  slots(): number {
    let count = 0;
    for (const session of this.sessions.values()) count += session.node.slots.length;
    return count;
  }

  /**
   * Waits up to `waitMs` for a slot that the phase wants.
   *
   * @param elsewhere nodes of other replicas that it fits: a node on which it failed is no last resort while there are some
   * @returns null when there was none
   */
  async take(
    requirements: SlotRequirements,
    waitMs: number,
    signal: AbortSignal,
    elsewhere: readonly string[] = [],
  ): Promise<Placed | null> {
    const deadlineMs = performance.now() + waitMs;
    for (;;) {
      const placed = this.#takeNow(requirements, elsewhere);
      if (placed !== null) return placed;
      const leftMs = deadlineMs - performance.now();
      // free slots that do not fit are no reason to keep a permit from those whom they do
      if (leftMs <= 0 || signal.aborted || this.hasFree()) return null;
      await this.#nextChange(leftMs, signal);
    }
  }

  /** Whether any slot is free, fitting or not. */
  hasFree(): boolean {
    for (const session of this.sessions.values()) if (session.freeSlots().length > 0) return true;
    return false;
  }

  /** The slot of an attempt that the node reports. */
  occupy(session: NodeSession, slot: number, use: SlotUse): SlotLease {
    const known = session.leases.get(slot);
    if (known !== undefined) return known;
    const place = session.node.slots.find((one) => one.index === slot);
    const lease: SlotLease = { node: session, slot, device: place?.device ?? 'cpu', threads: place?.threads ?? 1, use };
    session.leases.set(slot, lease);
    this.changed();
    return lease;
  }

  use(lease: SlotLease, use: SlotUse): void {
    lease.use = use;
    this.changed();
  }

  release(lease: SlotLease): void {
    if (lease.node.leases.get(lease.slot) === lease) lease.node.leases.delete(lease.slot);
    this.changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #takeNow(requirements: SlotRequirements, elsewhere: readonly string[]): Placed | null {
    const free = (session: NodeSession): ReturnType<NodeSession['freeSlots']> =>
      session.freeSlots().filter((slot) => satisfies(requirements, offerOf(slot)));
    const sessions = [...this.sessions.values()];
    const candidates = sessions.flatMap((one) => {
      const freeSlots = free(one).length;
      return freeSlots === 0 ? [] : [{ nodeId: one.nodeId, freeSlots }];
    });
    const fitting = sessions.filter(
      (one) =>
        !one.leaving &&
        one.quarantine === null &&
        one.node.slots.some((slot) => satisfies(requirements, offerOf(slot))),
    );
    const choice = chooseNode(requirements, candidates, [...fitting.map((one) => one.nodeId), ...elsewhere]);
    const session = choice === null ? undefined : this.sessions.get(choice.nodeId);
    const slot = session === undefined ? undefined : free(session)[0];
    if (choice === null || session === undefined || slot === undefined) return null;
    const reason = session.quarantine === null ? choice.reason : `on ${session.nodeId} as its canary`;
    return { lease: this.occupy(session, slot.index, 'activity'), reason };
  }

  #nextChange(waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        stop();
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      const stop = this.onChange(done);
      signal.addEventListener('abort', done);
    });
  }
}

function offerOf({ device, memoryBytes }: Node['slots'][number]): {
  readonly device: string;
  readonly memoryBytes: number;
} {
  return { device, memoryBytes: Number(memoryBytes) };
}
