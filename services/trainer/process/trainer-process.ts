// One phase at a time over the parent's IPC channel; between phases the process stays warm (jobs/protocol.ts has the messages).
// It writes nothing but checkpoints below the job's folder, and ends when its parent is gone.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { parseTrainerCommand } from '../jobs/command-schema.ts';
import type { PhaseJob, TrainerCommand, TrainerEvent } from '../jobs/protocol.ts';
import { executePhase, WarmState } from '../phases/index.ts';
import { failureEvent } from './failure.ts';

export interface TrainerChannel {
  send(event: TrainerEvent): void;
  /** Ends the process once everything sent is on its way. */
  exit(code: number): void;
  /** Where a person reads what went wrong inside. */
  log(text: string): void;
}

export class TrainerProcess {
  readonly #channel: TrainerChannel;
  readonly #warm = new WarmState();
  #running = false;
  #stop: 'checkpoint' | 'now' | null = null;

  constructor(channel: TrainerChannel) {
    this.#channel = channel;
  }

  /** Handles one message; never throws. */
  receive(message: unknown): void {
    let command: TrainerCommand;
    try {
      command = parseTrainerCommand(message);
    } catch (error) {
      this.#fail(error);
      return;
    }
    switch (command.kind) {
      case 'run':
        void this.#run(command.job);
        return;
      case 'stop':
        // without a phase there is nothing to stop: its last event is already on its way
        if (this.#running && this.#stop !== 'now') this.#stop = command.mode;
        return;
      case 'exit':
        this.#channel.exit(0);
        return;
    }
  }

  async #run(job: PhaseJob): Promise<void> {
    if (this.#running) {
      // its answer would be taken for that of the running phase, so the supervisor must see a fault
      this.#channel.log(`a second phase, ${job.phaseKey}, was sent while one runs`);
      this.#channel.exit(2);
      return;
    }
    this.#running = true;
    this.#stop = null;
    try {
      await executePhase(job, this.#warm, {
        send: (event) => {
          // idle before its last event leaves: the next job may arrive at once
          if (event.kind === 'completed' || event.kind === 'stopped') this.#running = false;
          this.#channel.send(event);
        },
        stopMode: () => this.#stop,
        turn: () => nextTurn(),
        nowMs: () => performance.now(),
      });
    } catch (error) {
      this.#warm.releaseEngines();
      this.#running = false;
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof LatentSweepError) || error.code === 'INTERNAL') {
      this.#channel.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    this.#channel.send(failureEvent(error));
  }
}
