// The numbers of the simulated trainer: pure functions of the trial's settings and seed, and of the step. Neither faults nor timing enter,
// so that a run full of failures must end with the rows of an undisturbed one. Pure.

import { createHash } from 'node:crypto';
import type { SimulatedFault, SimulatePhaseConfig } from '../../study/settings/index.ts';

/** What the simulated weights are: two words that every step changes, so that a step left out or done twice shows in their hash. */
export type State = readonly [number, number];

/** Salts, so that draws for different purposes do not repeat each other. */
const FAULT = 0x0fa17;
const FAULT_STEP = 0x57e9;

export class Draws {
  readonly #seed: number;
  readonly #task: SimulatePhaseConfig['task'];
  readonly initial: State;

  constructor({ standsFor, seed, task }: SimulatePhaseConfig) {
    const hash = createHash('sha256').update(`${standsFor}/${seed}`).digest();
    this.#seed = hash.readUInt32LE(0);
    this.#task = task;
    this.initial = [hash.readUInt32LE(4), hash.readUInt32LE(8)];
  }

  /** State after `step`, given that before it. */
  advance([a, b]: State, step: number): State {
    return [mix(a, step), mix(b, a ^ step)];
  }

  /** Value of metric 0 (`loss_nats`, falling) or another at a step. */
  value(metric: number, step: number): number {
    const noise = this.#uniform(metric, step);
    return metric === 0 ? 1 + 4 / (1 + (9 * step) / this.#task.steps) + 0.1 * noise : noise;
  }

  /** The fault that this attempt meets at the end of `step`. @param attempt counted from 1 */
  faultAt(step: number, attempt: number): SimulatedFault['kind'] | null {
    const hit = this.#task.faults.findIndex(
      (fault, i) =>
        (fault.attempts === null || attempt <= fault.attempts) &&
        step === (fault.step ?? 1 + Math.floor(this.#uniform(FAULT_STEP, i) * this.#task.steps)) &&
        this.#uniform(FAULT, i) < fault.probability,
    );
    return this.#task.faults[hit]?.kind ?? null;
  }

  #uniform(purpose: number, index: number): number {
    return mix(mix(this.#seed, purpose), index) / 2 ** 32;
  }
}

/** SHA-256 of a state, hex: the simulated weights' hash. */
export function stateHash(state: State): string {
  return createHash('sha256').update(state.join(' ')).digest('hex');
}

/** The finaliser of MurmurHash3 over both words. */
function mix(a: number, b: number): number {
  let h = (a ^ Math.imul(b + 1, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
