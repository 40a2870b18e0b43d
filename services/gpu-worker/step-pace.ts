// How long a step may take, from how long the steps of the same phase took. Pure.

import type { AnyPhaseConfig } from '../study/settings/index.ts';

/** A step may take so many times the slowest one: a new stage builds graphs, a checkpoint is written, the machine is busy. */
const SLACK = 10;

export interface PaceLimits {
  /** Least patience once steps have been measured. */
  readonly stallMs: number;
  /** Patience before that: weights are fetched and graphs compiled in the first step. */
  readonly firstStepMs: number;
}

/** Some steps of a phase with `train.select` hold a validation, whose length no earlier step tells: all get the patience of a first one. */
export function patienceFor(config: AnyPhaseConfig, { stallMs, firstStepMs }: PaceLimits): PaceLimits {
  const validates = config.kind === 'finetune' && config.train.select !== undefined;
  return { stallMs: validates ? Math.max(stallMs, firstStepMs) : stallMs, firstStepMs };
}

export class StepPace {
  readonly #limits: PaceLimits;
  #step = -1;
  #advances = 0;
  #slowestMs = 0;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /**
   * @param step done so far, as the trainer says; the same again is no progress, however often it is said
   * @param tookMs since the last progress
   * @returns whether this is progress
   */
  advance(step: number, tookMs: number): boolean {
    if (step <= this.#step) return false;
    this.#step = step;
    this.#advances += 1;
    // the first is the start, the second the first step
    if (this.#advances > 2) this.#slowestMs = Math.max(this.#slowestMs, tookMs);
    return true;
  }

  /** Silence after which the phase hangs, ms. */
  get limitMs(): number {
    const { stallMs, firstStepMs } = this.#limits;
    if (this.#advances <= 2) return Math.max(stallMs, firstStepMs);
    return Math.max(stallMs, SLACK * this.#slowestMs);
  }
}
