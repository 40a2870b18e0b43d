// A simulated trainer: one phase at a time, asked to stop, abandoned. It knows neither processes nor queues: main.ts puts it behind an IPC
// channel, inside-trainer.ts into the worker's own process.

import { ERRORS, LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { TrainerEvent } from '../../trainer/index.ts';
import { type SimulateJob, simulatePhase } from './simulate-phase.ts';

export interface SimulatedChannel {
  send(event: TrainerEvent): void;
  /** As a SIGKILL from outside: nothing is sent any more. */
  crash(): void;
}

export class SimulatedTrainer {
  readonly #channel: SimulatedChannel;
  #stop: 'checkpoint' | 'now' | null = null;
  #isRunning = false;
  #isGone = false;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | null = null;

  constructor(channel: SimulatedChannel) {
    this.#channel = channel;
  }

  /** Every end of the phase is an event. */
  async run(job: SimulateJob): Promise<void> {
    this.#stop = null;
    this.#isRunning = true;
    try {
      await simulatePhase(job, {
        send: (event) => {
          // idle before its last event leaves: the next job may arrive at once
          if (event.kind === 'completed' || event.kind === 'stopped') this.#isRunning = false;
          this.#send(event);
        },
        stopMode: () => this.#stop,
        wait: (waitMs) => this.#wait(waitMs),
        crash: () => {
          this.#channel.crash();
          return new Promise<never>(() => undefined);
        },
      });
    } catch (error) {
      this.#isRunning = false;
      this.#send(failedEvent(error));
    }
  }

  stop(mode: 'checkpoint' | 'now'): void {
    if (!this.#isRunning || this.#stop === 'now') return;
    this.#stop = mode;
    this.#wake?.();
  }

  /** Says and does nothing any more. */
  abandon(): void {
    this.#isGone = true;
    clearTimeout(this.#timer);
    this.#wake = null;
  }

  #send(event: TrainerEvent): void {
    if (!this.#isGone) this.#channel.send(event);
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      // abandoned: the phase never goes on
      if (this.#isGone) return;
      const done = (): void => {
        clearTimeout(this.#timer);
        this.#wake = null;
        resolve();
      };
      this.#timer = setTimeout(done, waitMs);
      this.#wake = done;
    });
  }
}

function failedEvent(error: unknown): TrainerEvent {
  const { code, sentence, details } =
    error instanceof LatentSweepError ? error : new LatentSweepError('INTERNAL', String(error), {}, error);
  return { kind: 'failed', code, failure: ERRORS[code].failure, sentence, details };
}
