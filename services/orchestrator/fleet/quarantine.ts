// Puts nodes whose attempts fail while the same phases go on elsewhere into quarantine, and takes them out of it when a canary succeeds.
// Judged when attempts end; the state is in Postgres, so that it holds for whichever replica owns the node.

import type { Logger } from 'pino';
import { judgeNode, maySuspectNode } from '../../../workflows/domain/node-health.ts';
import type { NodeQuarantine, OrchestratorStore } from '../../store/types.ts';
import type { AttemptEnd } from './attempt-end.ts';
import type { Fleet } from './fleet.ts';

/** How long a node waits for a phase that tests it, in milliseconds. */
export interface QuarantineTimes {
  /** Until the first canary; doubled by each failed one. */
  readonly quarantineMs: number;
  readonly maxQuarantineMs: number;
}

/** Judges nodes one after the other; replicas may judge the same node, Postgres takes the first verdict. */
export class Quarantine {
  readonly #store: OrchestratorStore;
  readonly #fleet: Fleet;
  readonly #times: QuarantineTimes;
  readonly #log: Logger;
  #judging: Promise<void> = Promise.resolve();

  constructor(store: OrchestratorStore, fleet: Fleet, times: QuarantineTimes, log: Logger) {
    this.#store = store;
    this.#fleet = fleet;
    this.#times = times;
    this.#log = log;
  }

  /** An attempt has ended on one of this replica's nodes, and its end is recorded. Never rejects; judged one after the other. */
  attemptEnded(id: { readonly phaseId: number; readonly attempt: number }, nodeId: string, end: AttemptEnd): void {
    const work = async (): Promise<void> => {
      if (end.kind === 'failed' && maySuspectNode(end.report.failure)) await this.#judge(nodeId);
      if (end.kind !== 'finished') return;
      const quarantine = this.#fleet.sessions.get(nodeId)?.quarantine ?? null;
      if (quarantine !== null) await this.#judge(nodeId);
      // only a phase that was tried before can tell something about another node
      if (id.attempt === 1) return;
      const suspects = await this.#store.failedNodes(id.phaseId);
      for (const suspect of suspects) if (suspect !== nodeId) await this.#judge(suspect);
    };
    this.#judging = this.#judging.then(work).catch((error: unknown) => {
      this.#log.warn({ node: nodeId, error: String(error) }, 'a node was not judged; at its next attempt');
    });
  }

  /** Takes over what Postgres says of these nodes. */
  async apply(nodeIds: readonly string[]): Promise<void> {
    const quarantined = new Map((await this.#store.quarantinesOf(nodeIds)).map((one) => [one.nodeId, one]));
    for (const nodeId of nodeIds) this.#apply(nodeId, quarantined.get(nodeId) ?? null);
  }

  async settled(): Promise<void> {
    await this.#judging;
  }

  async #judge(nodeId: string): Promise<void> {
    const [present] = await this.#store.quarantinesOf([nodeId]);
    const verdict = judgeNode(present !== undefined, await this.#store.nodeOutcomes(nodeId));
    const { quarantineMs: waitMs, maxQuarantineMs: maxWaitMs } = this.#times;
    switch (verdict.kind) {
      case 'unchanged':
        return;
      case 'readmit':
        await this.#store.readmitNode(nodeId, 'its canary phase finished');
        this.#log.info({ node: nodeId }, 'node is trusted again');
        this.#apply(nodeId, null);
        return;
      case 'quarantine':
      case 'extend': {
        const { kind, reason } = verdict;
        const quarantine = await this.#store.quarantineNode(nodeId, { kind, reason, waitMs, maxWaitMs });
        if (quarantine === null) return;
        this.#log.warn({ node: nodeId, canaryInMs: quarantine.canaryInMs }, `node is in quarantine: ${reason}`);
        this.#apply(nodeId, quarantine);
      }
    }
  }

  #apply(nodeId: string, quarantine: NodeQuarantine | null): void {
    const session = this.#fleet.sessions.get(nodeId);
    if (session === undefined || (session.quarantine === null && quarantine === null)) return;
    session.quarantine = quarantine === null ? null : { canaryAtMs: performance.now() + quarantine.canaryInMs };
    this.#fleet.changed();
  }
}
