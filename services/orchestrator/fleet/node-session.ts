// One node that this replica owns: its client, its slots and when it last renewed. A node stays the same session through restarts of
// its process (new incarnation, perhaps a new address). It decides nothing about attempts.

import { EventEmitter } from 'node:events';
import type { Node } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { ConnectWorker, WorkerConnection } from '../transport.ts';

interface SessionEvents {
  /** The client or the process behind it is a new one: streams must be opened again. */
  reconnect: [];
  lost: [];
}

/**
 * A node of this replica with its connection. Emits `reconnect` when streams must be opened again and `lost` once at
 * its end.
 */
export class NodeSession extends EventEmitter<SessionEvents> {
  readonly nodeId: string;
  readonly leases = new Map<number, SlotLease>();
  /** Orderly leave announced: no new attempts. */
  leaving = false;
  /** Attempts that it reported were adopted; until then no slot is given out. */
  ready = false;
  /** In quarantine until a canary succeeds; from `canaryAtMs` (monotonic) on it gets one. null = trusted. */
  quarantine: { readonly canaryAtMs: number } | null = null;
  #node: Node;
  #connection: WorkerConnection;
  #renewedAtMs: number;
  #lost = false;
  readonly #connect: ConnectWorker;

  constructor(node: Node, connect: ConnectWorker, nowMs: number) {
    super();
    this.setMaxListeners(0);
    this.nodeId = node.nodeId;
    this.#node = node;
    this.#connect = connect;
    this.#connection = connect(node.address);
    this.#renewedAtMs = nowMs;
  }

  get node(): Node {
    return this.#node;
  }
  get client(): WorkerConnection['client'] {
    return this.#connection.client;
  }
  get lost(): boolean {
    return this.#lost;
  }
  get renewedAtMs(): number {
    return this.#renewedAtMs;
  }

  renew(nowMs: number): void {
    this.#renewedAtMs = Math.max(this.#renewedAtMs, nowMs);
  }

  /** The node registered again. */
  update(node: Node, nowMs: number): void {
    const moved = node.address !== this.#node.address || node.incarnation !== this.#node.incarnation;
    this.#node = node;
    this.leaving = false;
    this.renew(nowMs);
    if (!moved) return;
    this.#connection.close();
    this.#connection = this.#connect(node.address);
    this.emit('reconnect');
  }

  /** Slots that may be given out now: none of a leaving node, one at a time of a node in quarantine, for its canary. */
  freeSlots(): readonly Node['slots'][number][] {
    if (this.leaving || !this.ready) return [];
    const free = this.#node.slots.filter((slot) => !this.leases.has(slot.index));
    if (this.quarantine === null) return free;
    return this.leases.size === 0 && performance.now() >= this.quarantine.canaryAtMs ? free.slice(0, 1) : [];
  }

  /** No more streams or slots; followers hear it. */
  close(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.emit('lost');
    this.#connection.close();
    this.removeAllListeners();
  }
}

/**
 * `activity`: a permit of this process stands behind it. `adopted`: adopted, completed by id for a dead replica's activity, so no permit
 * does. `unclaimed`: its activity is closed; a permit is kept free for the retry that will re-attach.
 */
export type SlotUse = 'activity' | 'adopted' | 'unclaimed';

/** One slot while an attempt has it; `use` decides whether it counts as capacity for the activity queue (fleet.ts, `capacity`). */
export interface SlotLease {
  readonly node: NodeSession;
  /** 0-based on the node. */
  readonly slot: number;
  readonly device: string;
  readonly threads: number;
  use: SlotUse;
}
