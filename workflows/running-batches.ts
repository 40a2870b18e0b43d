// The batches that a sweep has in flight: started, told of changed settings, cancelled together. It counts how they end, so that a sweep
// whose batches fail or find nothing to do ends with a reason instead of starting more of them for ever.

import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import type { CellRange } from './activities.ts';
import type { batch } from './batch.ts';
import {
  type BatchControl,
  type BatchSummary,
  CONTROL_SIGNAL,
  type SweepInput,
  sharesOfWidth,
  WORKFLOW_TASK_TIMEOUT_MS,
} from './contract.ts';
import { batchWorkflowId } from './domain/workflow-ids.ts';
import type { SweepState } from './sweep-commands.ts';

interface RunningBatch {
  readonly range: CellRange;
  handle: ChildWorkflowHandle<typeof batch> | null;
  /** Control that was sent last, as text; equal ones are not sent again. */
  sent: string;
}

/** Failures of batches in a row after which the sweep gives up (a batch fails only by a defect, never by its trials). */
const BATCH_FAILURES = 3;

/**
 * Batches in a row that found nothing to close in the same range before the sweep gives up: what is open is said by Postgres alone, so two
 * answers that contradict each other are a defect. One such batch is none: another sweep may have closed what they share just before.
 */
const EMPTY_BATCHES = 3;

export class RunningBatches {
  readonly #state: SweepState;
  readonly #input: SweepInput;
  readonly #running: RunningBatch[] = [];
  readonly #scope = new CancellationScope();
  #failures = 0;
  #empty = { from: 0, to: 0, count: 0 };

  constructor(state: SweepState, input: SweepInput) {
    this.#state = state;
    this.#input = input;
  }

  get count(): number {
    return this.#running.length;
  }

  get ranges(): readonly CellRange[] {
    return this.#running.map((one) => one.range);
  }

  /** How long to wait before the next batch; 0 while the last one ended well. */
  get backoffMs(): number {
    return this.#failures > 0 ? 1_000 * 2 ** this.#failures : 0;
  }

  /** @throws ApplicationFailure INTERNAL when more batches would not help */
  checkProgress(): void {
    if (this.#failures >= BATCH_FAILURES)
      throw ApplicationFailure.nonRetryable('batches failed again and again', 'INTERNAL');
    const { from, to, count } = this.#empty;
    if (count >= EMPTY_BATCHES) {
      throw ApplicationFailure.nonRetryable(
        `cells of [${from}, ${to}) are open, and ${count} batches in a row found none to run`,
        'INTERNAL',
      );
    }
  }

  /** Runs work that ends with the batches. */
  within<T>(work: () => Promise<T>): Promise<T> {
    return this.#scope.run(work);
  }

  cancel(): void {
    this.#scope.cancel();
  }

  /** Sends every batch the settings that hold now, with its share of the sweep's width. */
  async notifyAll(): Promise<void> {
    this.#state.version += 1;
    await Promise.all(this.#running.map((one, i) => this.#notify(one, this.#controlOf(i))));
  }

  /** Starts the batch of a range and waits for its end; never rejects but for a failed notification. */
  async follow(range: CellRange): Promise<void> {
    const one: RunningBatch = { range, handle: null, sent: '' };
    this.#running.push(one);
    try {
      await this.notifyAll();
      const control = this.#controlOf(this.#running.indexOf(one));
      one.handle = await this.#scope.run(() => this.#start(range, control));
      one.sent = contentOf(control);
      await this.#notify(one, this.#controlOf(this.#running.indexOf(one)));
      this.#noteEnd(range, await one.handle.result());
    } catch (error) {
      if (!isCancellation(error)) {
        this.#failures += 1;
        log.error('batch failed', { from: range.from, error: String(error) });
      }
    } finally {
      this.#running.splice(this.#running.indexOf(one), 1);
    }
    if (!this.#state.cancelled) await this.notifyAll();
  }

  #start(range: CellRange, control: BatchControl): Promise<ChildWorkflowHandle<typeof batch>> {
    const { sweep, sweepId, heartbeatTimeoutMs } = this.#input;
    return startChild<typeof batch>('batch', {
      workflowId: batchWorkflowId(sweep, range.from, range.to),
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      args: [{ sweep, sweepId, ...range, heartbeatTimeoutMs, control }],
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `cells ${range.from} to ${range.to - 1}`,
    });
  }

  /** @param summary undefined from batches of earlier versions, which do not say what they closed */
  #noteEnd(range: CellRange, summary: BatchSummary): void {
    this.#failures = 0;
    const isRepeated = this.#empty.from === range.from;
    this.#empty = { ...range, count: summary?.closed !== 0 ? 0 : isRepeated ? this.#empty.count + 1 : 1 };
  }

  async #notify(one: RunningBatch, control: BatchControl): Promise<void> {
    const text = contentOf(control);
    if (one.handle === null || one.sent === text) return;
    one.sent = text;
    try {
      await one.handle.signal(CONTROL_SIGNAL, control);
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.info('a batch ended before it was notified', { from: one.range.from });
    }
  }

  #controlOf(index: number): BatchControl {
    const { version, paused, settings, reopenings } = this.#state;
    return {
      version,
      paused,
      priority: settings.priority,
      weight: settings.weight,
      share: sharesOfWidth(settings.width, this.#running.length)[index] ?? null,
      reopenings,
    };
  }
}

/** What a control says, whenever it was sent. */
function contentOf(control: BatchControl): string {
  return JSON.stringify({ ...control, version: 0 });
}
