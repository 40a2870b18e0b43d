// One TCP link between an orchestrator and a node that can be disturbed: refused, silent, slow, or without answers. In order and complete as TCP
// is; what an unreliable network does to calls happens through broken and repeated connections.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * `cut`: connections are reset and refused. `silence`: nothing passes, nobody is told. `delay`: every chunk waits. `lose_answers`: requests
 * arrive, answers do not; when it ends the connections are reset, so that callers repeat calls that were already carried out.
 */
export const LINK_FAULTS = ['cut', 'silence', 'delay', 'lose_answers'] as const;
export type LinkFault = (typeof LINK_FAULTS)[number];

const DELAY_MS = 400;
/** Waiting bytes of one direction above which the sender is held back. */
const MOST_WAITING_BYTES = 1 << 20;

interface Pair {
  readonly caller: Socket;
  readonly target: Socket;
  /** Answers were dropped: the connection can never be used again. */
  hasLost: boolean;
}

export class Link {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #fault: LinkFault | null = null;

  /** Listens on a free port of 127.0.0.1 and connects on to `targetPort` there, which need not be open yet. */
  static async open(targetPort: number): Promise<Link> {
    const link = new Link(targetPort);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  private constructor(targetPort: number) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => this.#accept(caller, targetPort));
  }

  get address(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the link is closed');
    return `127.0.0.1:${address.port}`;
  }

  /** @param fault null = undisturbed */
  disturb(fault: LinkFault | null): void {
    this.#fault = fault;
    for (const pair of this.#pairs) {
      if (fault === 'cut' || pair.hasLost) reset(pair);
      else hold(pair, fault === 'silence');
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const pair of this.#pairs) reset(pair);
    await closed;
  }

  #accept(caller: Socket, targetPort: number): void {
    if (this.#fault === 'cut') {
      caller.on('error', () => undefined);
      caller.resetAndDestroy();
      return;
    }
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const pair: Pair = { caller, target, hasLost: false };
    this.#pairs.add(pair);
    this.#pass(pair, caller, target, () => true);
    this.#pass(pair, target, caller, () => {
      if (this.#fault !== 'lose_answers') return true;
      pair.hasLost = true;
      return false;
    });
    for (const socket of [caller, target]) {
      // an error is followed by close, and either end's close is the other's
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#pairs.delete(pair);
        reset(pair);
      });
    }
    hold(pair, this.#fault === 'silence');
  }

  /** @param mayPass asked once for every chunk */
  #pass(pair: Pair, from: Socket, to: Socket, mayPass: () => boolean): void {
    let sent = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      if (!mayPass()) return;
      const dueMs = performance.now() + (this.#fault === 'delay' ? DELAY_MS : 0);
      sent = sent.then(async () => {
        const waitMs = dueMs - performance.now();
        if (waitMs > 0) await pause(waitMs);
        if (!to.destroyed) to.write(chunk);
        if (to.writableLength > MOST_WAITING_BYTES) from.pause();
      });
    });
    to.on('drain', () => {
      if (this.#fault !== 'silence') from.resume();
    });
    from.on('end', () => {
      sent = sent.then(() => {
        if (!to.destroyed && !pair.hasLost) to.end();
      });
    });
  }
}

function hold({ caller, target }: Pair, isHeld: boolean): void {
  for (const socket of [caller, target]) {
    if (isHeld) socket.pause();
    else socket.resume();
  }
}

function reset({ caller, target }: Pair): void {
  for (const socket of [caller, target]) if (!socket.destroyed) socket.resetAndDestroy();
}
