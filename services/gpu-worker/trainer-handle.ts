// One trainer as a child process: jobs in, events out, over Node's IPC channel (services/trainer/jobs/protocol.ts). It runs one phase at a time
// and stays warm between them. Any fault ends it; a new one takes its place (trainer-slot.ts).

import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from 'pino';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { processUsage, StartWatch } from '../machine/index.ts';
import type { TrainerCommand, TrainerEvent } from '../trainer/index.ts';
import { EventQueue } from './event-queue.ts';
import { OutputTail } from './output-tail.ts';
import type { SlotJob, Trainer } from './trainer.ts';

export interface TrainerStart {
  readonly entry: string;
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** `worker.trainerStartMs` */
  readonly startMs: number;
  readonly log: Logger;
}

type Command = Exclude<TrainerCommand, { kind: 'run' }> | { readonly kind: 'run'; readonly job: SlotJob };

export class TrainerHandle implements Trainer {
  readonly pid: number;
  /** Resolves when the process is dead and its output read. */
  readonly closed: Promise<void>;
  readonly #child: ChildProcess;
  readonly #log: Logger;
  readonly #tail = new OutputTail();
  readonly #events = new EventQueue();
  #killedFor: LatentSweepError | null = null;
  #hasStarted = false;
  #onHeard: ((event: TrainerEvent) => void) | null = null;

  /** Resolves when it is ready for a job. @throws LatentSweepError TRAINER_NOT_STARTED, which is no fault of any job */
  static async start(
    options: TrainerStart,
    engineVersion: string,
    onSpawn: (pid: number) => void,
  ): Promise<TrainerHandle> {
    const child = fork(options.entry, [], {
      execArgv: [...options.execArgv],
      env: { ...process.env, ...options.env },
      // plain JSON would turn NaN and Infinity into null
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const trainer = new TrainerHandle(child, options.log);
    if (child.pid !== undefined) onSpawn(child.pid);
    const watch = new StartWatch({
      patienceMs: options.startMs,
      usage: () => processUsage(trainer.pid),
      onGivenUp: (why) =>
        trainer.kill(
          trainer.#crash(`the trainer ${why} and was still not ready; worker.trainerStartMs sets how long that may be`),
        ),
    });
    try {
      const first = await trainer.#events.next();
      if (first.kind !== 'ready') throw trainer.#crash(`the trainer said ${first.kind} before it was ready`);
      if (first.engineVersion !== engineVersion)
        throw trainer.#crash(`the trainer has engine version ${first.engineVersion}, this worker ${engineVersion}`);
      trainer.#hasStarted = true;
      return trainer;
    } catch (error) {
      await trainer.end();
      throw error;
    } finally {
      watch.close();
    }
  }

  private constructor(child: ChildProcess, log: Logger) {
    this.#child = child;
    this.pid = child.pid ?? -1;
    this.#log = log.child({ trainerPid: this.pid });
    this.closed = new Promise((resolve) => {
      child.once('error', (error) => this.#end(this.#crash(`the trainer could not be run: ${error.message}`)));
      child.once('close', (code, signal) => {
        this.#end(this.#crash(endSentence(code, signal, this.#tail.lastLine), { exitCode: code, signal }));
        resolve();
      });
      // without a pid it never was a process, and never closes
      if (child.pid === undefined) child.once('error', () => resolve());
    });
    child.on('message', (message: unknown) => this.#receive(message));
    child.on('disconnect', () => child.kill('SIGKILL'));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#tail.push(text);
        this.#log.debug({ text: text.trimEnd() }, 'trainer output');
      });
    }
  }

  get alive(): boolean {
    return !this.#events.isOver && this.#killedFor === null;
  }

  async *run(job: SlotJob, onHeard: (event: TrainerEvent) => void): AsyncGenerator<TrainerEvent> {
    this.#onHeard = onHeard;
    try {
      this.#send({ kind: 'run', job });
      yield* this.#events.job();
    } finally {
      this.#onHeard = null;
    }
  }

  stop(mode: 'checkpoint' | 'now'): void {
    this.#send({ kind: 'stop', mode });
  }

  kill(reason: LatentSweepError): void {
    this.#killedFor ??= reason;
    this.#child.kill('SIGKILL');
  }

  async end(graceMs = 0): Promise<void> {
    if (graceMs > 0 && this.alive) this.#send({ kind: 'exit' });
    const late = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.closed;
    clearTimeout(late);
  }

  #receive(message: unknown): void {
    // what is still on its way from a trainer that is given up counts no more
    if (this.#killedFor !== null) return;
    if (!isTrainerEvent(message)) {
      this.kill(this.#crash(`the trainer sent what is no event: ${JSON.stringify(message)?.slice(0, 200)}`));
      return;
    }
    this.#onHeard?.(message);
    this.#events.push(message);
  }

  #end(error: LatentSweepError): void {
    this.#events.end(this.#killedFor ?? error);
  }

  #send(command: Command): void {
    if (!this.#child.connected) return;
    this.#child.send(command, (error) => {
      // its end is heard by `close`
      if (error !== null) this.#log.debug({ error: String(error) }, 'a command did not reach the trainer');
    });
  }

  #crash(sentence: string, how: Readonly<Record<string, string | number | null>> = {}): LatentSweepError {
    const code = this.#hasStarted ? 'TRAINER_CRASHED' : 'TRAINER_NOT_STARTED';
    return new LatentSweepError(code, sentence, { ...how, output: this.#tail.text });
  }
}

function endSentence(code: number | null, signal: string | null, lastLine: string): string {
  const how =
    signal === 'SIGKILL'
      ? 'was killed by SIGKILL from outside (by hand, or by the system for lack of memory)'
      : signal === null
        ? `ended with exit code ${code}`
        : `was ended by ${signal}`;
  return `the trainer ${how}${lastLine === '' ? '' : `: ${lastLine}`}`;
}

const KINDS: ReadonlySet<unknown> = new Set<TrainerEvent['kind']>([
  'ready',
  'started',
  'progress',
  'segment',
  'completed',
  'stopped',
  'failed',
]);

/** By its kind alone: both processes are of one version, which `ready` says. */
function isTrainerEvent(message: unknown): message is TrainerEvent {
  return typeof message === 'object' && message !== null && 'kind' in message && KINDS.has(message.kind);
}
