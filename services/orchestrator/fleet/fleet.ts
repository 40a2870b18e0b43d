// The slots of the nodes that this replica owns. Capacity is a count for the slot supplier; a concrete slot is taken by the activity
// when it starts (temporal.md section 2). Nothing here talks to Temporal or Postgres.

import type { Node } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { ConnectWorker } from '../transport.ts';
import { NodeSession } from './node-session.ts';
import type { SlotLease, SlotUse } from './slot-lease.ts';

export class Fleet {
  readonly sessions = new Map<string, NodeSession>();
  readonly #connect: ConnectWorker;
  readonly #listeners = new Set<() => void>();

  constructor(connect: ConnectWorker) {
    this.#connect = connect;
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
      if (!session.leaving) count += session.freeSlots().length;
      for (const lease of session.leases.values()) if (lease.use !== 'carried') count += 1;
    }
    return count;
  }

  slots(): number {
    let count = 0;
    for (const session of this.sessions.values()) count += session.node.slots.length;
    return count;
  }

  /** Waits up to `waitMs` for a free slot, on `preferNode` when that has one. @returns null when there was none. */
  async take(preferNode: string | null, waitMs: number, signal: AbortSignal): Promise<SlotLease | null> {
    const deadlineMs = performance.now() + waitMs;
    for (;;) {
      const lease = this.#takeNow(preferNode);
      if (lease !== null) return lease;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0 || signal.aborted) return null;
      await this.#nextChange(leftMs, signal);
    }
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

  #takeNow(preferNode: string | null): SlotLease | null {
    const usable = [...this.sessions.values()].filter((one) => one.ready && !one.leaving && one.freeSlots().length > 0);
    // the emptiest node first, so that a loss costs little
    usable.sort(
      (a, b) =>
        Number(b.nodeId === preferNode) - Number(a.nodeId === preferNode) ||
        b.freeSlots().length - a.freeSlots().length,
    );
    const session = usable[0];
    const slot = session?.freeSlots()[0];
    return session === undefined || slot === undefined ? null : this.occupy(session, slot.index, 'activity');
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
