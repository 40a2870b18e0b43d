// A simulated trainer inside the worker's process: a thousand slots cost a thousand timers. It ends and crashes as a process would.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { TrainerEvent } from '../../trainer/index.ts';
import { EventQueue } from '../event-queue.ts';
import type { SlotJob, Trainer } from '../trainer.ts';
import { SimulatedTrainer } from './simulated-trainer.ts';

export class InsideTrainer implements Trainer {
  readonly #events = new EventQueue();
  #onHeard: ((event: TrainerEvent) => void) | null = null;
  readonly #trainer = new SimulatedTrainer({
    send: (event) => {
      this.#onHeard?.(event);
      this.#events.push(event);
    },
    crash: () => this.kill(new LatentSweepError('TRAINER_CRASHED', 'the simulated trainer crashed')),
  });

  get alive(): boolean {
    return !this.#events.isOver;
  }

  async *run(job: SlotJob, onHeard: (event: TrainerEvent) => void): AsyncGenerator<TrainerEvent> {
    const { config } = job;
    if (config.kind !== 'simulate') {
      throw new LatentSweepError('INTERNAL', `a phase of kind ${config.kind} came to a simulated trainer`);
    }
    this.#onHeard = onHeard;
    try {
      void this.#trainer.run({ ...job, config });
      yield* this.#events.job();
    } finally {
      this.#onHeard = null;
    }
  }

  stop(mode: 'checkpoint' | 'now'): void {
    this.#trainer.stop(mode);
  }

  kill(reason: LatentSweepError): void {
    this.#trainer.abandon();
    this.#events.end(reason);
  }

  end(): Promise<void> {
    this.kill(new LatentSweepError('TRAINER_CRASHED', 'the simulated trainer was ended'));
    return Promise.resolve();
  }
}
