// Patience with a process that starts: it is given up when it has done nothing for too long, or has computed for longer than any start takes.
// A process that works is waited for however slowly the machine lets it work, so a full machine and a cold network disk fail nobody.

import type { ProcessUsage } from './process-usage.ts';
import { Silence } from './silence.ts';

export interface StartLimits {
  /** Without CPU time or reads for so long, or with so much CPU time, it is given up. */
  readonly patienceMs: number;
  readonly usage: () => ProcessUsage | null;
  /** Called once. @param why completes "the process ..." */
  readonly onGivenUp: (why: string) => void;
}

const LONGEST_TICK_MS = 1_000;

export class StartWatch {
  readonly #limits: StartLimits;
  readonly #timer: NodeJS.Timeout;
  #last: ProcessUsage | null;
  readonly #idle: Silence;

  constructor(limits: StartLimits) {
    this.#limits = limits;
    const tickMs = Math.min(LONGEST_TICK_MS, Math.ceil(limits.patienceMs / 10));
    this.#idle = new Silence(tickMs, performance.now());
    this.#last = limits.usage();
    this.#timer = setInterval(() => this.#look(), tickMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const idleMs = this.#idle.tick(performance.now());
    const usage = this.#limits.usage();
    const hasWorked = usage?.cpuMs !== this.#last?.cpuMs || usage?.reads !== this.#last?.reads;
    this.#last = usage;
    const { patienceMs } = this.#limits;
    const cpuMs = usage?.cpuMs ?? 0;
    if (hasWorked) this.#idle.touch();
    if (cpuMs >= patienceMs) this.#giveUp(`has computed for ${cpuMs} ms`);
    else if (!hasWorked && idleMs >= patienceMs) this.#giveUp(`did nothing for ${patienceMs} ms`);
  }

  #giveUp(why: string): void {
    this.close();
    this.#limits.onGivenUp(why);
  }
}
