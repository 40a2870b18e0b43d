// What a start or stop of the local stack waits for, one line per change, so that it reads the same in a terminal and in a log.

import type { StackRecord } from '../../config/index.ts';

const HINTS: Readonly<Record<string, string>> = {
  postgres: 'the first time it makes its data, a few seconds',
  orchestrator: 'it brings the database up to date and joins Temporal, a few seconds',
};

/** Says a line when a service changes its state, with the seconds since it was made; the same state twice is silent. */
export class StackProgress {
  readonly #say: (text: string) => void;
  readonly #shown = new Map<string, string>();
  readonly #startMs = performance.now();

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  show({ services }: StackRecord): void {
    for (const { name, state, port, restarts, lastExit, log } of services) {
      const now = `${state} ${restarts}`;
      if (this.#shown.get(name) === now) continue;
      const isFirst = !this.#shown.has(name);
      this.#shown.set(name, now);
      // what was so before we looked is no news
      if (state === 'waiting' || (isFirst && (state === 'stopped' || state === 'ready'))) continue;
      const hint = state === 'starting' ? HINTS[name] : undefined;
      const extra = [
        ...(state === 'ready' && port !== null ? [`port ${port}`] : []),
        ...(state === 'restarting' ? [`ended with ${lastExit}; log: ${log}`] : []),
        ...(hint === undefined ? [] : [hint]),
      ];
      const seconds = ((performance.now() - this.#startMs) / 1000).toFixed(1);
      this.#say(
        `  ${seconds.padStart(5)} s  ${name.padEnd(14)} ${state}${extra.length === 0 ? '' : ` (${extra.join('; ')})`}`,
      );
    }
  }
}
