// The attempts that this process follows, one per phase, and who waits for each: an activity of this process, an activity of a dead
// replica (carried by id), or for a while nobody. It keeps the slot's use in step with that.

import type { RunPhaseRequest } from '../../gen/latentsweep/worker/v1/worker.ts';
import { type AttemptEnd, AttemptFollower, type AttemptId, type FollowerNeeds } from './attempt-follower.ts';
import type { AttemptRecord } from './attempt-record.ts';
import type { Fleet } from './fleet.ts';
import type { SlotLease } from './node-session.ts';

/** Stands for whoever waits for the attempt; only the present holder can let go of it. */
export type Holder = object;

export class Attempts {
  readonly #byPhase = new Map<string, AttemptFollower>();
  readonly #holders = new WeakMap<AttemptFollower, Holder | null>();
  readonly #timers = new Map<AttemptFollower, NodeJS.Timeout>();
  readonly #fleet: Fleet;
  readonly #needs: FollowerNeeds;
  readonly #unclaimedMs: number;
  readonly #onEnd: (id: AttemptId, nodeId: string, end: AttemptEnd) => void;

  /** @param onEnd hears of every end, when it is recorded */
  constructor(
    fleet: Fleet,
    needs: FollowerNeeds,
    unclaimedMs: number,
    onEnd: (id: AttemptId, nodeId: string, end: AttemptEnd) => void,
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
  follow(id: AttemptId, lease: SlotLease, request: RunPhaseRequest, record: AttemptRecord): AttemptFollower {
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

  /** `holder` waits for the attempt from now on; an earlier holder no longer counts. */
  hold(follower: AttemptFollower, holder: Holder, use: 'activity' | 'carried'): void {
    this.#holders.set(follower, holder);
    this.#stopTimer(follower);
    this.#fleet.use(follower.lease, use);
  }

  isHeldBy(follower: AttemptFollower, holder: Holder): boolean {
    return this.#holders.get(follower) === holder;
  }

  /** The holder's activity is closed: the attempt waits for a retry to ask for its phase, then is stopped with a checkpoint. */
  letGo(follower: AttemptFollower, holder: Holder): void {
    if (!this.isHeldBy(follower, holder)) return;
    this.#holders.set(follower, null);
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
