// The rows of a simulated segment while it is open.

import type { LocalCheckpoint, TrainerEvent } from '../../trainer/index.ts';
import type { Draws } from './draws.ts';

export class SimulatedSegment {
  readonly fromStep: number;
  readonly startedMs: number;
  readonly #steps: number[] = [];
  /** By metric. */
  readonly #values: readonly number[][];

  constructor(fromStep: number, metricsPerStep: number, nowMs: number) {
    this.fromStep = fromStep;
    this.startedMs = nowMs;
    this.#values = Array.from({ length: metricsPerStep }, () => []);
  }

  get toStep(): number {
    return this.#steps.at(-1) ?? this.fromStep;
  }
  get isEmpty(): boolean {
    return this.#steps.length === 0;
  }
  get rows(): number {
    return this.#steps.length * this.#values.length;
  }

  add(step: number, draws: Draws): void {
    this.#steps.push(step);
    this.#values.forEach((values, metric) => values.push(draws.value(metric, step)));
  }

  close(checkpoint: LocalCheckpoint | null, nowMs: number): Extract<TrainerEvent, { kind: 'segment' }> {
    return {
      kind: 'segment',
      fromStep: this.fromStep,
      toStep: this.toStep,
      metrics: this.#values.map((values, metric) => ({
        name: metric === 0 ? 'loss_nats' : `simulated_${metric}`,
        steps: this.#steps,
        values,
      })),
      items: [],
      checkpoint,
      deviceSeconds: (nowMs - this.startedMs) / 1_000,
      tokens: 0,
      mfu: null,
    };
  }
}
