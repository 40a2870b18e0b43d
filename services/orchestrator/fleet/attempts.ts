// The attempts that this process follows, one per phase, and who waits for each: an activity of this process, an activity of a dead
// replica (completed by id), or for a while nobody. It keeps the slot's use in step with that.

import type { RunPhaseRequest } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { AttemptEnd, AttemptRef } from './attempt-end.ts';
import { AttemptFollower, type FollowerNeeds } from './attempt-follower.ts';
import type { AttemptRecord } from './attempt-record.ts';
import type { Fleet } from './fleet.ts';
import type { SlotLease } from './node-session.ts';

/** Identity of whoever waits for an attempt; only the present one can release it. */
export type AttemptWaiter = object;

/**
 * At most one follower per phase. A slot is released when its attempt ends, and an attempt that nobody waits for is
 * stopped with a checkpoint after `unclaimedMs`.
 */
export class FollowedAttempts {
  readonly #byPhase = new Map<string, AttemptFollower>();
  readonly #waiters = new WeakMap<AttemptFollower, AttemptWaiter | null>();
  readonly #timers = new Map<AttemptFollower, NodeJS.Timeout>();
  readonly #fleet: Fleet;
  readonly #needs: FollowerNeeds;
  readonly #unclaimedMs: number;
  readonly #onEnd: (id: AttemptRef, nodeId: string, end: AttemptEnd) => void;

  /** @param onEnd hears of every end, when it is recorded */
  constructor(
    fleet: Fleet,
    needs: FollowerNeeds,
    unclaimedMs: number,
    onEnd: (id: AttemptRef, nodeId: string, end: AttemptEnd) => void,
  ) {
    this.#onEnd = onEnd;
    this.#fleet = fleet;
    this.#needs = needs;
    this.#unclaimedMs = unclaimedMs;
  }

  of(phaseKey: string): AttemptFollower | undefined {
    return this.#byPhase.get(phaseKey);
  }

  all(): readonly AttemptFollower[] {
    return [...this.#byPhase.values()];
  }

  /** Begins to follow; the slot is free again when the attempt has ended. */
  follow(id: AttemptRef, lease: SlotLease, request: RunPhaseRequest, record: AttemptRecord): AttemptFollower {
    const follower = new AttemptFollower(id, lease, request, record, this.#needs);
    this.#byPhase.set(id.phaseKey, follower);
    void follower.end.then((end) => {
      this.#onEnd(id, lease.node.nodeId, end);
      if (this.#byPhase.get(id.phaseKey) === follower) this.#byPhase.delete(id.phaseKey);
      this.#stopTimer(follower);
      this.#fleet.release(lease);
    });
    return follower;
  }

  /** `waiter` waits for the attempt from now on; an earlier one no longer counts. */
  setWaiter(follower: AttemptFollower, waiter: AttemptWaiter, use: 'activity' | 'adopted'): void {
    this.#waiters.set(follower, waiter);
    this.#stopTimer(follower);
    this.#fleet.use(follower.lease, use);
  }

  isWaiter(follower: AttemptFollower, waiter: AttemptWaiter): boolean {
    return this.#waiters.get(follower) === waiter;
  }

  /** The activity of `waiter` is closed: the attempt waits for a retry to ask for its phase, then is stopped with a checkpoint. */
  release(follower: AttemptFollower, waiter: AttemptWaiter): void {
    if (!this.isWaiter(follower, waiter)) return;
    this.#waiters.set(follower, null);
    this.#fleet.use(follower.lease, 'unclaimed');
    const timer = setTimeout(() => follower.stop('checkpoint'), this.#unclaimedMs);
    timer.unref();
    this.#timers.set(follower, timer);
  }

  detachAll(): void {
    for (const follower of this.all()) follower.detach();
  }

  #stopTimer(follower: AttemptFollower): void {
    clearTimeout(this.#timers.get(follower));
    this.#timers.delete(follower);
  }
}
