// `lsweep up`: finds the running stack or starts a supervisor, and waits until every service is ready. Several at once are fine: one
// supervisor wins the lock, and everybody waits for the same stack.

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Config, readStackRecord, runningStack, type StackRecord } from '../config/index.ts';
import { Silence } from '../machine/index.ts';
import { configHash } from './config-hash.ts';
import { layoutOf } from './layout.ts';
import { nodeCommand } from './node-services.ts';
import { lockHolder } from './stack-lock.ts';
import { makeStateFolder } from './state-folder.ts';

const POLL_MS = 50;

export interface UpOptions {
  /** Called whenever a service changes its state. */
  readonly onChange?: (record: StackRecord) => void;
  /** Without any service changing its state; as long as the start goes on it is waited for. Default `stack.startMs`. */
  readonly timeoutMs?: number;
  /** Gives the waiting up; the stack goes on. */
  readonly signal?: AbortSignal;
}

export interface UpResult {
  /** `started` by this call, or `running` before it. */
  readonly kind: 'started' | 'running';
  /** The stack runs with another configuration than is in force now; down and up apply it. */
  readonly isConfigChanged: boolean;
  readonly record: StackRecord;
}

/** @throws LatentSweepError CONFIG_INVALID with the reason of a start that was given up, STACK_NOT_READY with the services that were waited for */
export async function up(config: Config, options: UpOptions = {}): Promise<UpResult> {
  const kind = runningStack(config) === null ? 'started' : 'running';
  const supervisor = kind === 'started' ? startSupervisor(config) : null;
  const record = await waitUntilReady(config, supervisor, options);
  return { kind, isConfigChanged: record.configHash !== configHash(config), record };
}

interface Supervisor {
  readonly hasEnded: () => boolean;
  readonly log: string;
}

function startSupervisor(config: Config): Supervisor {
  const log = layoutOf(config.stateDir).log('supervisor');
  makeStateFolder(config);
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'a');
  const env = {
    ...process.env,
    LSWEEP_DIR: config.dir,
    LSWEEP_CONFIG: config.file ?? undefined,
    LSWEEP_STATE_DIR: config.stateDir,
  };
  const { file, args } = nodeCommand('services/local-stack/supervise', [], env);
  // a session of its own: Ctrl-C and a closing terminal reach the command, not the stack
  const child = spawn(file, args, { env, stdio: ['ignore', out, out], cwd: '/', detached: true });
  closeSync(out);
  child.unref();
  let hasEnded = false;
  child.once('exit', () => (hasEnded = true));
  child.once('error', () => (hasEnded = true));
  return { hasEnded: () => hasEnded, log };
}

async function waitUntilReady(config: Config, supervisor: Supervisor | null, options: UpOptions): Promise<StackRecord> {
  const { onChange = () => undefined, timeoutMs = config.stack.startMs, signal } = options;
  const { lock } = layoutOf(config.stateDir);
  const startedAtMs = performance.now();
  const unchanged = new Silence(POLL_MS, startedAtMs);
  for (let shown = ''; ; ) {
    // asked before the record: whoever ends writes first, then goes
    const isOver = supervisor === null || supervisor.hasEnded();
    const hasOwner = lockHolder(lock) !== null;
    const record = runningStack(config);
    if (record !== null) {
      const now = JSON.stringify(record.services.map(({ name, state, restarts }) => [name, state, restarts]));
      if (now !== shown) {
        onChange(record);
        unchanged.touch();
      }
      shown = now;
      if (isUp(record)) return record;
    } else if (isOver && !hasOwner) {
      throw givenUp(config, supervisor);
    }
    const nowMs = performance.now();
    if (unchanged.tick(nowMs) > timeoutMs || signal?.aborted === true) throw notInTime(config, nowMs - startedAtMs);
    await pause(POLL_MS, null, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** Before the plan is made the record may still list the services of the last run, of which none is alive. */
function isUp({ services }: StackRecord): boolean {
  return (
    services.length > 0 && services.every((service) => service.state === 'ready' || service.state === 'unresponsive')
  );
}

function givenUp(config: Config, supervisor: Supervisor | null): LatentSweepError {
  const failure = readStackRecord(config.stateDir)?.failure ?? null;
  const log = supervisor?.log ?? layoutOf(config.stateDir).log('supervisor');
  return new LatentSweepError(
    'CONFIG_INVALID',
    failure === null
      ? `the local stack did not start; see ${log}`
      : `the local stack did not start: ${failure.replace(/^CONFIG_INVALID: /, '')}`,
    { key: 'stack', log },
  );
}

function notInTime(config: Config, waitedMs: number): LatentSweepError {
  const waiting = (runningStack(config)?.services ?? [])
    .filter((service) => service.state !== 'ready')
    .map((service) => `${service.name} ${service.state}`);
  return new LatentSweepError(
    'STACK_NOT_READY',
    `the local stack is not ready after ${Math.round(waitedMs / 1000)} s (${waiting.join(', ') || 'not started'})`,
    { stateDir: config.stateDir, key: 'stack.startMs' },
  );
}
