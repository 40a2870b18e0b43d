// The node's standing with one orchestrator: registers, renews, registers again when it is not known, leaves. The worker has a link to every
// registry it was given; which of them owns the node is settled among the orchestrators, so that another one follows when one is gone.

import type { Logger } from 'pino';
import { ERRORS, type ErrorCode, LatentSweepError } from '../../workflows/domain/errors.ts';
import type { RegistryServiceClient } from '../gen/latentsweep/registry/v1/registry.ts';
import type { AttemptReport, Node } from '../gen/latentsweep/worker/v1/worker.ts';
import { type Connection, connectRegistry, type RpcOptions } from '../rpc/index.ts';

const FIRST_WAIT_MS = 200;
/** Short, because slots idle until a restarted orchestrator is noticed. */
const LONGEST_WAIT_MS = 500;
/** A registry that is silent now need not know: its lease on the node runs out. */
const LEAVE_MS = 2_000;

/** The registry answers and will not have this node. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  ...(['UNAUTHENTICATED', 'PERMISSION_DENIED', 'NODE_NAME_TAKEN', 'CONFIG_INVALID'] as const),
]);

export interface LinkNeeds {
  readonly node: Node;
  readonly reports: () => AttemptReport[];
  /** An orchestrator answered: the lease of running attempts goes on. */
  readonly onAnswer: () => void;
  readonly rpc: RpcOptions;
  readonly log: Logger;
}

export class RegistryLink {
  readonly #connection: Connection<RegistryServiceClient>;
  readonly #needs: LinkNeeds;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  readonly #loop: Promise<void>;
  #isLeaving = false;
  #isKnown = false;
  #isSilent = false;

  /** @throws LatentSweepError CONFIG_INVALID for an address that may not be called */
  constructor(address: string, needs: LinkNeeds) {
    this.#connection = connectRegistry(address, { configKey: 'worker.registries', ...needs.rpc });
    this.#needs = needs;
    this.#log = needs.log.child({ registry: address });
    this.#loop = this.#keep();
  }

  /** No new attempts come from now on; told again should the registry forget it. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    if (this.#isKnown) await this.#notify(() => this.#sayLeaving());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
    this.#connection.close();
  }

  async #keep(): Promise<void> {
    let renewMs = LONGEST_WAIT_MS;
    let waitMs = FIRST_WAIT_MS;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const wasKnown = this.#isKnown;
      const answered = await this.#notify(async () => {
        if (wasKnown) await this.#renew();
        else renewMs = await this.#register();
      });
      if (!answered) this.#isKnown = false;
      // not known any more: register at once
      if (answered && wasKnown && !this.#isKnown) continue;
      waitMs = answered ? FIRST_WAIT_MS : Math.min(2 * waitMs, LONGEST_WAIT_MS);
      await pause(answered ? renewMs : waitMs, signal);
    }
  }

  async #register(): Promise<number> {
    const { node, reports } = this.#needs;
    const welcome = await this.#connection.client.registerNode({ node, attempts: reports() }, this.#options());
    this.#isKnown = true;
    this.#log.info({ node: node.nodeId }, 'node is registered');
    if (this.#isLeaving) await this.#sayLeaving();
    return Math.max(FIRST_WAIT_MS, Number(welcome.renewMs));
  }

  async #renew(): Promise<void> {
    const { node, reports } = this.#needs;
    const { nodeId, incarnation } = node;
    const answer = await this.#connection.client.renewNode(
      { nodeId, incarnation, attempts: reports() },
      this.#options(),
    );
    this.#isKnown = answer.known;
  }

  async #sayLeaving(): Promise<void> {
    const { nodeId, incarnation } = this.#needs.node;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(LEAVE_MS)]);
    await this.#connection.client.leaveNode({ nodeId, incarnation }, { signal });
  }

  /** @returns whether the registry answered; its silence is logged when it begins and ends */
  async #notify(call: () => Promise<void>): Promise<boolean> {
    try {
      await call();
      if (this.#isSilent) this.#log.info('the registry answers again');
      this.#isSilent = false;
      this.#needs.onAnswer();
      return true;
    } catch (error) {
      if (!this.#isSilent && !this.#closing.signal.aborted)
        this.#log.warn(
          { error: String(error), ...(isRefusal(error) ? { advice: ERRORS[error.code].advice } : {}) },
          isRefusal(error)
            ? 'the registry refuses this node; trying again'
            : 'the registry does not answer; trying again',
        );
      this.#isSilent = true;
      return false;
    }
  }

  #options(): { readonly signal: AbortSignal } {
    return { signal: this.#closing.signal };
  }
}

/** Trying again may help, once somebody has changed the configuration of either side. */
function isRefusal(error: unknown): error is LatentSweepError {
  return error instanceof LatentSweepError && REFUSALS.has(error.code);
}

function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done);
  });
}
