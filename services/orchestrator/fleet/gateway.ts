// The node registry: nodes come, renew and leave; each is owned by one replica at a time through a lease in Postgres. Watches that
// nodes renew and that this replica still owns them. While Postgres is away nothing changes hands.

import type { Logger } from 'pino';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { RegistryServiceImplementation } from '../../gen/latentsweep/registry/v1/registry.ts';
import type { AttemptReport, Node } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { NodeInstance, OrchestratorStore } from '../../store/types.ts';
import type { FleetTimes } from '../options.ts';
import { type AdoptionNeeds, adoptAttempts, adoptReported, isFollowed } from './adoption.ts';
import { checkNode } from './check-node.ts';
import type { Fleet } from './fleet.ts';
import type { NodeSession } from './node-session.ts';
import type { Quarantine } from './quarantine.ts';

/** Renewals per time-out: several may be lost. */
const RENEWALS_PER_TIMEOUT = 5;
const WATCH_EVERY_MS = 1_000;
const TIDY_EVERY_MS = 10_000;
const REFUSAL_EVERY_MS = 60_000;

/** What the registry shares with the rest of the replica. */
export interface GatewayNeeds extends AdoptionNeeds {
  readonly quarantine: Quarantine;
  readonly replicaId: string;
  readonly times: FleetTimes;
}

/**
 * Serves the node registry from construction until `stop`. Registrations are refused with CONFIG_INVALID (form),
 * NODE_NAME_TAKEN or STORE_UNREACHABLE.
 */
export class Gateway {
  readonly #needs: GatewayNeeds;
  readonly #fleet: Fleet;
  readonly #store: OrchestratorStore;
  readonly #log: Logger;
  /** Nodes of other replicas; asked for again with every renewal. */
  readonly #standby = new Set<string>();
  /** One registration of a node at a time. */
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #tidiedAtMs = new Map<string, number>();
  /** By the name that was asked for; only names of known nodes come here. */
  readonly #refusedAtMs = new Map<string, number>();
  readonly #startedAtMs = performance.now();
  #watchedAtMs = performance.now();

  constructor(needs: GatewayNeeds) {
    this.#needs = needs;
    this.#fleet = needs.fleet;
    this.#store = needs.store;
    this.#log = needs.log;
    this.#timers.push(setInterval(() => this.#watch(), WATCH_EVERY_MS));
    this.#timers.push(setInterval(() => void this.#renewOwnership(), needs.times.ownershipLeaseMs / 3));
  }

  readonly service: RegistryServiceImplementation = {
    registerNode: async (request) => {
      const { node } = request;
      if (node === undefined || node.nodeId === '') {
        throw new LatentSweepError('CONFIG_INVALID', 'a registration without node_id; give the node a name', {});
      }
      checkNode(node, request.attempts);
      // what is refused leaves nothing in Postgres
      this.#fleet.checkAddress(node.address);
      await this.#oneAtATime(node.nodeId, () => this.#register(node, request.attempts));
      const { nodeTimeoutMs, attemptLeaseMs } = this.#needs.times;
      return { renewMs: BigInt(Math.ceil(nodeTimeoutMs / RENEWALS_PER_TIMEOUT)), leaseMs: BigInt(attemptLeaseMs) };
    },
    renewNode: async ({ nodeId, incarnation, attempts }) => {
      const session = this.#fleet.sessions.get(nodeId);
      if (session !== undefined) {
        if (session.node.incarnation !== incarnation || !session.ready) return { known: false };
        session.renew(performance.now());
        this.#tidy(session, attempts);
        return { known: true };
      }
      if (!this.#standby.has(nodeId)) return { known: false };
      // owned elsewhere: once it is ours, the node registers again and says what it runs
      return { known: !(await this.#own(nodeId)) };
    },
    leaveNode: async ({ nodeId, incarnation }) => {
      this.#standby.delete(nodeId);
      const session = this.#fleet.sessions.get(nodeId);
      if (session === undefined || session.node.incarnation !== incarnation) return {};
      session.leaving = true;
      this.#fleet.changed();
      this.#log.info({ node: nodeId }, 'node leaves');
      const dropWhenEmpty = (): void => {
        if (!session.leaving || session.lost) stop();
        else if (session.leases.size === 0) {
          stop();
          void this.#giveBack(session, 'left');
        }
      };
      const stop = this.#fleet.onChange(dropWhenEmpty);
      dropWhenEmpty();
      return {};
    },
  };

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    const sessions = [...this.#fleet.sessions.values()];
    await Promise.allSettled(sessions.map((one) => this.#store.releaseNode(one.nodeId, this.#needs.replicaId)));
    for (const session of sessions) this.#fleet.drop(session);
  }

  async #register(node: Node, attempts: readonly AttemptReport[]): Promise<void> {
    const { nodeId, address, incarnation, engineVersion } = node;
    const places = node.slots.map(({ index, device, memoryBytes }) => ({
      slot: index,
      device,
      memoryBytes: Number(memoryBytes),
    }));
    const isAdmitted = await this.#store.upsertNode(
      {
        ...{ nodeId, address, incarnation, engineVersion, places },
        slots: node.slots.length,
        memoryBytes: Number(node.memoryBytes),
      },
      this.#instanceOf(node),
    );
    if (!isAdmitted) throw await this.#nameTaken(node);
    const known = this.#fleet.sessions.get(nodeId);
    if (!(await this.#own(nodeId))) {
      this.#standby.add(nodeId);
      if (known !== undefined) this.#pass(known);
      return;
    }
    this.#standby.delete(nodeId);
    const restarted = known !== undefined && known.node.incarnation !== incarnation;
    const session = this.#fleet.join(node, performance.now());
    await adoptAttempts(this.#needs, session, attempts, restarted);
    await this.#needs.quarantine.apply([nodeId]);
    session.ready = true;
    this.#fleet.changed();
    this.#log.info({ node: nodeId, slots: node.slots.length, attempts: attempts.length }, 'node registered');
    await this.#store.nodeEvent(nodeId, 'registered', { incarnation, address, replica: this.#needs.replicaId });
  }

  #instanceOf({ instanceId }: Node): NodeInstance {
    const { ownershipLeaseMs, nodeTimeoutMs } = this.#needs.times;
    return {
      id: instanceId === '' ? null : instanceId,
      leaseMs: ownershipLeaseMs,
      // after an outage the node that is known gets time to come back before another may have its name
      mayReplace: performance.now() - this.#startedAtMs > nodeTimeoutMs,
    };
  }

  /** Told to people once a minute: the one who is refused asks again and again. */
  async #nameTaken({ nodeId, address, incarnation }: Node): Promise<LatentSweepError> {
    const sentence = `another node that is alive has the name ${nodeId}; ${address} is refused`;
    const nowMs = performance.now();
    if (nowMs - (this.#refusedAtMs.get(nodeId) ?? Number.NEGATIVE_INFINITY) > REFUSAL_EVERY_MS) {
      this.#refusedAtMs.set(nodeId, nowMs);
      this.#log.warn({ node: nodeId, address }, 'a registration under the name of another node is refused');
      await this.#store.nodeEvent(nodeId, 'refused', { address, incarnation, replica: this.#needs.replicaId });
    }
    return new LatentSweepError('NODE_NAME_TAKEN', sentence, { node: nodeId, address });
  }

  /** Attempts that a node still reports though nobody follows them: fenced ones with events left in their spool. */
  #tidy(session: NodeSession, reports: readonly AttemptReport[]): void {
    const nowMs = performance.now();
    const strays = reports.filter((report) => !isFollowed(this.#needs.attempts, report));
    if (
      strays.length === 0 ||
      nowMs - (this.#tidiedAtMs.get(session.nodeId) ?? Number.NEGATIVE_INFINITY) < TIDY_EVERY_MS
    )
      return;
    this.#tidiedAtMs.set(session.nodeId, nowMs);
    this.#oneAtATime(session.nodeId, () => adoptReported(this.#needs, session, strays)).catch((error: unknown) =>
      this.#log.info({ node: session.nodeId, error: String(error) }, 'strays of a node were not looked at; later'),
    );
  }

  #own(nodeId: string): Promise<boolean> {
    return this.#store.ownNode(nodeId, this.#needs.replicaId, this.#needs.times.ownershipLeaseMs);
  }

  #oneAtATime<T>(nodeId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#running.get(nodeId) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#running.set(nodeId, mine);
    const forget = (): void => {
      if (this.#running.get(nodeId) === mine) this.#running.delete(nodeId);
    };
    mine.then(forget, forget);
    return mine;
  }

  /** Another replica owns the node now: it adopts the attempts, this one only stops following them. */
  #pass(session: NodeSession): void {
    for (const follower of this.#needs.attempts.all()) if (follower.lease.node === session) follower.detach();
    this.#fleet.drop(session);
    this.#standby.add(session.nodeId);
    this.#log.warn({ node: session.nodeId }, 'node is owned by another replica now');
  }

  #watch(): void {
    const nowMs = performance.now();
    const lateMs = nowMs - this.#watchedAtMs - WATCH_EVERY_MS;
    this.#watchedAtMs = nowMs;
    for (const session of this.#fleet.sessions.values()) {
      // this process itself was suspended: the nodes get the same time again
      if (lateMs > WATCH_EVERY_MS) session.renew(session.renewedAtMs + lateMs);
      if (nowMs - session.renewedAtMs <= this.#needs.times.nodeTimeoutMs) continue;
      this.#log.warn({ node: session.nodeId, silentMs: Math.round(nowMs - session.renewedAtMs) }, 'node is lost');
      void this.#giveBack(session, 'lost');
    }
    // a canary may be due
    if ([...this.#fleet.sessions.values()].some((one) => one.quarantine !== null)) this.#fleet.changed();
  }

  async #giveBack(session: NodeSession, event: 'lost' | 'left'): Promise<void> {
    this.#fleet.drop(session);
    try {
      await this.#store.releaseNode(session.nodeId, this.#needs.replicaId);
      await this.#store.nodeEvent(session.nodeId, event, { incarnation: session.node.incarnation });
    } catch (error) {
      this.#log.info(
        { node: session.nodeId, error: String(error) },
        'node could not be given back; its lease runs out',
      );
    }
  }

  async #renewOwnership(): Promise<void> {
    const sessions = [...this.#fleet.sessions.values()];
    if (sessions.length === 0) return;
    const { replicaId, times } = this.#needs;
    try {
      const owned = new Set(
        await this.#store.renewNodes(
          sessions.map((one) => one.nodeId),
          replicaId,
          times.ownershipLeaseMs,
        ),
      );
      for (const session of sessions) if (!owned.has(session.nodeId) && !session.lost) this.#pass(session);
      // another replica may have judged
      await this.#needs.quarantine.apply([...owned]);
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'ownership of nodes was not renewed; Postgres does not answer');
    }
  }
}
