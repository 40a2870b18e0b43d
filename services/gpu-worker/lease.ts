// The lease of running attempts: they stop by themselves, with a checkpoint, when no orchestrator has answered for too long.

import { Silence } from '../machine/index.ts';
import type { NodeAttempts } from './node-attempts.ts';

const TICK_MS = 500;

export class Lease {
  readonly #silence = new Silence(TICK_MS, performance.now());
  readonly #timer: NodeJS.Timeout;

  constructor(attempts: Pick<NodeAttempts, 'stopOverdue'>) {
    this.#timer = setInterval(() => attempts.stopOverdue(this.#silence.tick(performance.now())), TICK_MS);
  }

  /** A registry answered. */
  renew(): void {
    this.#silence.touch();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
