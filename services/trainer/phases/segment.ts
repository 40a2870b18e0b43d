// Collects the steps between two commits. Pure bookkeeping: what a segment holds never depends on where it was cut.

import type { EvaluationItem, MetricSeries } from '../../../workflows/domain/segment.ts';
import type { LocalCheckpoint, TrainerEvent } from '../jobs/protocol.ts';
import type { StepRecord } from './phase-work.ts';

export class OpenSegment {
  readonly fromStep: number;
  readonly startedMs: number;
  toStep: number;
  #tokens = 0;
  #flops = 0;
  #rows = 0;
  readonly #items: EvaluationItem[] = [];
  readonly #series = new Map<string, { steps: number[]; values: number[] }>();

  constructor(fromStep: number, startedMs: number) {
    this.fromStep = fromStep;
    this.toStep = fromStep;
    this.startedMs = startedMs;
  }

  /** Metric rows and items so far. */
  get rows(): number {
    return this.#rows;
  }

  get isEmpty(): boolean {
    return this.toStep === this.fromStep;
  }

  add(step: number, { metrics, items, tokens, flops = 0 }: StepRecord): void {
    this.toStep = step;
    this.#tokens += tokens;
    this.#flops += flops;
    this.#rows += metrics.size + items.length;
    this.#items.push(...items);
    for (const [name, value] of metrics) {
      const series = this.#series.get(name) ?? { steps: [], values: [] };
      series.steps.push(step);
      series.values.push(value);
      this.#series.set(name, series);
    }
  }

  /** @param peakFlopsPerSecond of the device; null where nothing is trained */
  close(
    checkpoint: LocalCheckpoint | null,
    nowMs: number,
    peakFlopsPerSecond: number | null,
  ): Extract<TrainerEvent, { kind: 'segment' }> {
    const metrics: MetricSeries[] = [...this.#series].map(([name, { steps, values }]) => ({ name, steps, values }));
    const deviceSeconds = (nowMs - this.startedMs) / 1_000;
    return {
      kind: 'segment',
      fromStep: this.fromStep,
      toStep: this.toStep,
      metrics,
      items: this.#items,
      checkpoint,
      deviceSeconds,
      tokens: this.#tokens,
      mfu: peakFlopsPerSecond === null ? null : this.#flops / deviceSeconds / peakFlopsPerSecond,
    };
  }
}
