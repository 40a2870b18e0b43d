// One slot of the node and its warm trainer. Jobs take turns; a trainer that had a fault is killed and the next job gets a fresh one. After a
// crash of the worker the slot waits until the orphaned trainer is dead: two processes never share a device by mistake.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { markOf } from '../config/index.ts';
import { ENGINE_VERSION } from '../study/plan/index.ts';
import { endProcess } from './end-process.ts';
import type { SlotOptions, WorkerOptions } from './options.ts';
import { InsideTrainer } from './simulate/inside-trainer.ts';
import { processMarkSchema, readJson, writeJson } from './state-folder.ts';
import type { Trainer } from './trainer.ts';
import { TrainerHandle } from './trainer-handle.ts';

export type SlotNeeds = Pick<WorkerOptions, 'trainerEntry' | 'trainerExecArgv' | 'times' | 'log'>;

/** Whether the trainer may take another job. */
export type AfterJob = 'keep' | 'discard';

export class TrainerSlot {
  readonly index: number;
  readonly options: SlotOptions;
  readonly #needs: SlotNeeds;
  readonly #log: Logger;
  readonly #markFile: string;
  #trainer: Trainer | null = null;
  #turn: Promise<unknown>;
  #closed = false;

  /** @param marks folder where the pids of trainers are kept */
  constructor(index: number, options: SlotOptions, marks: string, needs: SlotNeeds) {
    this.index = index;
    this.options = options;
    this.#needs = needs;
    this.#log = needs.log.child({ slot: index });
    this.#markFile = join(marks, `${index}.json`);
    this.#turn = this.#endOrphan();
  }

  /** Starts the trainer ahead of its first job; a failure is only logged here and fails that job. */
  warm(): void {
    void this.#inTurn(async () => {
      try {
        if (!this.#closed) await this.#ready();
      } catch (error) {
        this.#log.warn({ error: String(error) }, 'a trainer could not be started ahead of its first job');
      }
    });
  }

  /**
   * Runs `job` when its turn comes and a trainer is ready; does nothing, at once, when `signal` fires before: a start may be a long one, and
   * goes on for whoever comes next. A rejection discards the trainer.
   *
   * @throws LatentSweepError TRAINER_NOT_STARTED, and what `job` throws
   */
  use(signal: AbortSignal, job: (trainer: Trainer) => Promise<AfterJob>): Promise<void> {
    let hasBegun = false;
    const work = this.#inTurn(async () => {
      if (signal.aborted) return;
      const trainer = await this.#ready();
      if (signal.aborted) return;
      hasBegun = true;
      let after: AfterJob = 'discard';
      try {
        after = await job(trainer);
      } finally {
        if (after === 'discard') await this.#discard(0);
      }
    });
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (!hasBegun) resolve();
      };
      signal.addEventListener('abort', leave);
      void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  /** After the running job. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#inTurn(() => this.#discard(this.#needs.times.trainerGraceMs));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #ready(): Promise<Trainer> {
    if (this.#trainer?.alive === true) return this.#trainer;
    await this.#discard(0);
    const { trainerEntry, trainerExecArgv, times } = this.#needs;
    if (trainerEntry === null) {
      this.#trainer = new InsideTrainer();
      return this.#trainer;
    }
    const start = {
      entry: trainerEntry,
      execArgv: trainerExecArgv,
      env: this.options.env ?? {},
      startMs: times.trainerStartMs,
      log: this.#log,
    };
    this.#trainer = await TrainerHandle.start(start, ENGINE_VERSION, (pid) => writeJson(this.#markFile, markOf(pid)));
    return this.#trainer;
  }

  async #discard(graceMs: number): Promise<void> {
    const trainer = this.#trainer;
    this.#trainer = null;
    await trainer?.end(graceMs);
    rmSync(this.#markFile, { force: true });
  }

  async #endOrphan(): Promise<void> {
    const mark = readJson(this.#markFile, processMarkSchema);
    if (mark === null) return;
    await endProcess(mark, this.#needs.times.trainerGraceMs);
    rmSync(this.#markFile, { force: true });
    this.#log.info({ trainerPid: mark.pid }, 'the trainer of a killed worker is gone');
  }
}
