// The calls to a node about one attempt: stop requests and acknowledgements. None of them rejects: a request that the node must get is
// repeated, and where a lost call only costs a repetition later it is logged. Events come through the stream (attempt-follower.ts).

import type { Logger } from 'pino';
import { StopMode } from '../../gen/latentsweep/worker/v1/worker.ts';
import { pause } from '../persist.ts';
import type { AttemptRef } from './attempt-end.ts';
import type { NodeSession } from './node-session.ts';

const CALL_TIMEOUT_MS = 10_000;
const ASK_AGAIN_MS = 500;
/** After a stop request the node may write a checkpoint; then the attempt is fenced by the store and its slot is given up. */
const STOP_TIMEOUT_MS = 10 * 60_000;

/** Calls that name one attempt, to whatever process is behind its node now; each has 10 s for an answer. */
export class AttemptCalls {
  readonly #id: AttemptRef;
  readonly #node: NodeSession;
  readonly #signal: AbortSignal;
  readonly #log: Logger;

  /** @param signal fires when nobody follows the attempt any more: nothing is repeated then */
  constructor(id: AttemptRef, node: NodeSession, signal: AbortSignal, log: Logger) {
    this.#id = id;
    this.#node = node;
    this.#signal = signal;
    this.#log = log;
  }

  /** Repeated until the node has taken it, at most 10 minutes; resolves then, not when the attempt has ended. */
  async requestStop(mode: 'checkpoint' | 'now'): Promise<void> {
    const deadlineMs = performance.now() + STOP_TIMEOUT_MS;
    const { phaseKey, attempt } = this.#id;
    const request = { phaseKey, attempt, mode: mode === 'now' ? StopMode.NOW : StopMode.CHECKPOINT };
    while (!this.#signal.aborted && !this.#node.lost && performance.now() < deadlineMs) {
      try {
        await this.#node.client.stopPhase(request, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
        return;
      } catch (error) {
        this.#log.warn({ error: String(error) }, 'the node did not take the stop request; asking again');
      }
      await pause(ASK_AGAIN_MS, this.#signal);
    }
  }

  /** Nobody wants its events any more; what is left in its spool is dropped when the node reports it. */
  stopNow(): void {
    const { phaseKey, attempt } = this.#id;
    void this.#node.client
      .stopPhase({ phaseKey, attempt, mode: StopMode.NOW }, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })
      .catch((error: unknown) =>
        this.#log.info({ error: String(error) }, 'an ended attempt could not be stopped; its node refuses it later'),
      );
  }

  /** Only after the event is in Postgres. A lost acknowledgement costs a replay, which the store recognises by `seq`. */
  async acknowledge(seq: bigint): Promise<void> {
    const { phaseKey, attempt } = this.#id;
    try {
      await this.#node.client.acknowledge({ phaseKey, attempt, seq }, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
    } catch (error) {
      this.#log.info({ error: String(error) }, 'acknowledgement did not reach the node');
    }
  }
}
