// One process of the stack under supervision: started, asked whether it is ready, started again after it ended by itself, stopped in order.
// It is never killed for being silent: a suspended machine looks exactly like that, and what waits will go on.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { markOf, type ProcessMark, type ServiceRecord, type ServiceState } from '../config/index.ts';

export interface ServiceCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
  readonly gid?: number;
}

export interface ServiceDefinition {
  readonly name: string;
  readonly port: number | null;
  readonly log: string;
  /** Services that must be ready before the first start. */
  readonly needs: readonly string[];
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** Then SIGKILL. */
  readonly stopTimeoutMs: number;
  /** Before each start: what a killed predecessor left, and the command line. */
  command(): Promise<ServiceCommand>;
  /** @param pid of the running process */
  isReady(pid: number): Promise<boolean>;
}

export interface ServiceTimes {
  readonly readyPollMs: number;
  readonly healthPollMs: number;
  readonly firstBackoffMs: number;
  readonly mostBackoffMs: number;
  /** A process that lived so long starts again without delay. */
  readonly steadyMs: number;
}

export const DEFAULT_SERVICE_TIMES: ServiceTimes = {
  readyPollMs: 100,
  healthPollMs: 5_000,
  firstBackoffMs: 500,
  mostBackoffMs: 30_000,
  steadyMs: 60_000,
};

const UNANSWERED_CHECKS = 3;
const LOG_ROTATION_BYTES = 20 * 2 ** 20;

interface Running {
  readonly child: ChildProcess;
  readonly mark: ProcessMark | null;
  readonly startedAtMs: number;
  readonly ended: Promise<string>;
}

export class Service {
  readonly definition: ServiceDefinition;
  readonly #times: ServiceTimes;
  readonly #log: Logger;
  readonly #changed: () => void;
  readonly #stopping = new AbortController();
  #state: ServiceState = 'waiting';
  #running: Running | null = null;
  #loop: Promise<void> | null = null;
  #restarts = 0;
  #lastExit: string | null = null;
  #wasReady = false;

  constructor(definition: ServiceDefinition, times: ServiceTimes, log: Logger, changed: () => void) {
    this.definition = definition;
    this.#times = times;
    this.#log = log.child({ service: definition.name });
    this.#changed = changed;
  }

  get record(): ServiceRecord {
    const { name, port, log } = this.definition;
    return {
      name,
      port,
      log,
      state: this.#state,
      process: this.#running?.mark ?? null,
      startedAtMs: this.#running?.startedAtMs ?? null,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
    };
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Ends of processes before the first that was ready; a start that cannot succeed is given up by the supervisor. */
  get failedStarts(): number {
    return this.#wasReady ? 0 : this.#restarts;
  }

  /** Keeps the service running until `stop`. */
  start(): void {
    this.#loop ??= this.#keepRunning();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const { stopSignal, stopTimeoutMs, name } = this.definition;
    const running = this.#running;
    if (running !== null) {
      this.#set('stopping');
      running.child.kill(stopSignal);
      const late = setTimeout(() => {
        this.#log.error({ stopTimeoutMs }, 'did not stop in time; killed');
        running.child.kill('SIGKILL');
      }, stopTimeoutMs);
      const how = await running.ended;
      clearTimeout(late);
      this.#log.info({ how }, `${name} stopped`);
    }
    await this.#loop;
    this.#set('stopped');
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    for (let backoffMs = this.#times.firstBackoffMs; !signal.aborted; ) {
      const startMs = performance.now();
      this.#lastExit = await this.#runOnce();
      if (signal.aborted) return;
      this.#restarts += 1;
      const isSteady = performance.now() - startMs >= this.#times.steadyMs;
      if (isSteady) backoffMs = this.#times.firstBackoffMs;
      this.#log.error(
        { how: this.#lastExit, restarts: this.#restarts, backoffMs },
        'ended by itself; starting it again',
      );
      this.#set('restarting');
      await pause(backoffMs, null, { signal }).catch(() => undefined);
      backoffMs = Math.min(2 * backoffMs, this.#times.mostBackoffMs);
    }
  }

  /** @returns how it ended, in words */
  async #runOnce(): Promise<string> {
    this.#set('starting');
    let running: Running;
    try {
      running = await this.#spawn();
    } catch (error) {
      this.#log.error({ error: String(error) }, 'could not be started');
      return error instanceof Error ? error.message : String(error);
    }
    const over = new AbortController();
    this.#watch(running, over.signal).catch((error: unknown) =>
      this.#log.error({ error: String(error) }, 'health check failed'),
    );
    const how = await running.ended;
    over.abort();
    this.#running = null;
    return how;
  }

  async #spawn(): Promise<Running> {
    const { file, args, env, uid, gid } = await this.definition.command();
    if (this.#stopping.signal.aborted) throw new Error('stopped before it started');
    const out = openLog(this.definition.log);
    const user = uid === undefined || gid === undefined ? {} : { uid, gid };
    const child = spawn(file, args, { env: env ?? process.env, stdio: ['ignore', out, out], cwd: '/', ...user });
    closeSync(out);
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
    });
    const { pid } = child;
    const running = { child, mark: pid === undefined ? null : markOf(pid), startedAtMs: Date.now(), ended };
    this.#running = running;
    this.#changed();
    return running;
  }

  /** First until it is ready, then its health; says what it finds, does nothing about it. */
  async #watch({ child }: Running, over: AbortSignal): Promise<void> {
    const { pid } = child;
    const sleep = (ms: number): Promise<unknown> => pause(ms, null, { signal: over }).catch(() => undefined);
    for (let unanswered = 0; pid !== undefined && !over.aborted; ) {
      const answers = await this.definition.isReady(pid);
      if (over.aborted || this.#state === 'stopping') return;
      unanswered = answers ? 0 : unanswered + 1;
      if (answers && this.#state !== 'ready') {
        this.#wasReady = true;
        this.#set('ready');
        this.#log.info('ready');
      } else if (this.#state === 'ready' && unanswered >= UNANSWERED_CHECKS) {
        this.#set('unresponsive');
        this.#log.warn({ unanswered }, 'does not answer its health check; it is left alone');
      }
      await sleep(this.#state === 'starting' ? this.#times.readyPollMs : this.#times.healthPollMs);
    }
  }

  #set(state: ServiceState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#changed();
  }
}

/** Appended to; one that has grown large makes room first. */
function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_ROTATION_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a');
}
