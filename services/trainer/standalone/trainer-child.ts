// A trainer process as the standalone runner uses it: a job in, its events out. A native fault or a kill ends the child, not the terminal.

import { type ChildProcess, fork } from 'node:child_process';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { PhaseJob, TrainerCommand, TrainerEvent } from '../jobs/protocol.ts';
import { trainerEntry, trainerExecArgv } from '../process/entry.ts';

const KEPT_CHARACTERS = 4_096;

export class TrainerChild {
  readonly #child: ChildProcess;
  readonly #events: TrainerEvent[] = [];
  readonly #closed: Promise<void>;
  #wake: () => void = () => undefined;
  #crash: LatentSweepError | null = null;
  #output = '';

  constructor() {
    this.#child = fork(trainerEntry, [], {
      execArgv: [...trainerExecArgv],
      // plain JSON would turn NaN into null
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // a Ctrl-C in the terminal is for the parent, which asks for a checkpoint
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_CHARACTERS);
      });
    }
    // the child is this project's own program: its messages are TrainerEvents
    this.#child.on('message', (event) => {
      this.#events.push(event as TrainerEvent);
      this.#wake();
    });
    this.#closed = new Promise((resolve) => {
      const over = (sentence: string): void => {
        this.#crash ??= new LatentSweepError('TRAINER_CRASHED', sentence, { output: this.#output.trim() });
        this.#wake();
        resolve();
      };
      this.#child.once('error', (error) => over(`the trainer could not be run: ${error.message}`));
      this.#child.once('close', (code, signal) => {
        const lastLine = this.#output.trim().split('\n').at(-1) ?? '';
        const how = signal ?? `exit code ${code}`;
        const said = lastLine === '' ? '' : `: ${lastLine}`;
        over(`the trainer ended with ${how}${said}; a new run goes on from the last checkpoint`);
      });
    });
  }

  /** Events of the job up to and with its last one. @throws LatentSweepError TRAINER_CRASHED */
  async *run(job: PhaseJob): AsyncGenerator<TrainerEvent> {
    this.#send({ kind: 'run', job });
    for (;;) {
      const event = await this.#next();
      // said once, before the first job's events
      if (event.kind === 'ready') continue;
      yield event;
      if (event.kind === 'completed' || event.kind === 'stopped' || event.kind === 'failed') return;
    }
  }

  /** The running phase ends with a checkpoint. */
  stop(): void {
    this.#send({ kind: 'stop', mode: 'checkpoint' });
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  async #next(): Promise<TrainerEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#crash !== null) throw this.#crash;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #send(command: TrainerCommand): void {
    // a broken channel is heard by `close`
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }
}
