import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import pino from 'pino';
import {
  type Config,
  isAlive,
  loadConfig,
  markOf,
  readStackRecord,
  type ServiceRecord,
  type StackRecord,
} from '../../services/config/index.ts';
import { down } from '../../services/local-stack/down.ts';
import type { ServiceDefinition, ServiceTimes } from '../../services/local-stack/service.ts';
import type { StackPlan } from '../../services/local-stack/stack-plan.ts';
import { stackStatus } from '../../services/local-stack/status.ts';
import { runSupervisor } from '../../services/local-stack/supervisor.ts';
import { writeStackRecord } from '../../services/local-stack/write-record.ts';
import { until } from '../integration/until.ts';

// The supervisor with stand-ins for Postgres and the rest: small Node programs that write down when they start and stop.

const TIMES: ServiceTimes = {
  readyPollMs: 20,
  healthPollMs: 50,
  firstBackoffMs: 20,
  mostBackoffMs: 100,
  steadyMs: 60_000,
};
let folder: string;
let config: Config;
let stop: AbortController;
let running: Promise<void> | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsweep-supervisor-'));
  config = loadConfig({ dir: folder, environment: {} });
  stop = new AbortController();
  running = null;
});
afterEach(async () => {
  stop.abort();
  await running?.catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
});

const events = (): readonly string[] => {
  const file = join(folder, 'events');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};
const record = (name: string): ServiceRecord | undefined =>
  readStackRecord(config.stateDir)?.services.find((one) => one.name === name);
const isReady = (name: string): boolean => record(name)?.state === 'ready';
const pidOf = (name: string): number => record(name)?.process?.pid ?? assert.fail(`${name} does not run`);

/** Runs until it is told to stop; ready when its file says its pid. */
function program(
  name: string,
  over: Partial<ServiceDefinition> & { readonly script?: string } = {},
): ServiceDefinition {
  const { script, ...rest } = over;
  const ready = join(folder, `${name}.ready`);
  const note = (what: string): string =>
    `require('fs').appendFileSync(${JSON.stringify(join(folder, 'events'))}, '${what} ${name}\\n');`;
  const live = `${note('start')} require('fs').writeFileSync(${JSON.stringify(ready)}, String(process.pid));
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => { ${note('stop')} process.exit(0); });
    setInterval(() => {}, 1000);`;
  return {
    name,
    port: null,
    log: join(folder, 'logs', `${name}.log`),
    needs: [],
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    command: () => Promise.resolve({ file: process.execPath, args: ['-e', script ?? live] }),
    isReady: (pid) => Promise.resolve(existsSync(ready) && readFileSync(ready, 'utf8') === String(pid)),
    ...rest,
  };
}

function supervise(...services: readonly ServiceDefinition[]): Promise<void> {
  const plan: StackPlan = {
    services,
    postgresUrl: null,
    temporalAddress: null,
    temporalUiUrl: null,
    registryAddresses: [],
  };
  running = runSupervisor({
    config,
    log: pino({ level: 'silent' }),
    signal: stop.signal,
    times: TIMES,
    plan: () => Promise.resolve(plan),
  });
  return running;
}

describe('the supervisor', () => {
  it('starts a service when what it needs is ready, and stops the other way round', async () => {
    const done = supervise(
      program('database'),
      program('scheduler', { needs: ['database'] }),
      program('node', { needs: ['scheduler'] }),
    );
    await until('the last is ready', () => isReady('node'));
    assert.deepEqual(events(), ['start database', 'start scheduler', 'start node']);
    const marks = ['database', 'scheduler', 'node'].map((name) => record(name)?.process ?? assert.fail(name));
    stop.abort();
    await done;
    assert.deepEqual(events().slice(3), ['stop node', 'stop scheduler', 'stop database']);
    assert.deepEqual(marks.map(isAlive), [false, false, false]);
    assert.equal(stackStatus(config).state, 'down');
  });

  it('starts a killed service again and leaves the others alone', async () => {
    const running = supervise(program('database'), program('node'));
    await until('both are ready', () => isReady('database') && isReady('node'));
    const [database, node] = [pidOf('database'), pidOf('node')];
    process.kill(database, 'SIGKILL');
    await until('it is ready again', () => isReady('database') && pidOf('database') !== database);
    assert.deepEqual([record('database')?.restarts, record('database')?.lastExit], [1, 'SIGKILL']);
    assert.deepEqual([pidOf('node'), record('node')?.restarts], [node, 0]);
    stop.abort();
    await running;
  });

  it('leaves a silent service alone, shows it, and takes it back when it wakes', async () => {
    let answers = true;
    void supervise(program('node', { isReady: () => Promise.resolve(answers) }));
    await until('it is ready', () => isReady('node'));
    const pid = pidOf('node');
    process.kill(pid, 'SIGSTOP');
    answers = false;
    await until('it counts as unresponsive', () => record('node')?.state === 'unresponsive');
    assert.equal(stackStatus(config).state, 'partly');
    process.kill(pid, 'SIGCONT');
    answers = true;
    await until('it is ready again', () => isReady('node'));
    assert.deepEqual([pidOf('node'), record('node')?.restarts], [pid, 0]);
  });

  it('kills a service that does not stop in time', async () => {
    const deaf = `process.on('SIGTERM', () => {}); require('fs').writeFileSync(${JSON.stringify(join(folder, 'deaf.ready'))}, String(process.pid)); setInterval(() => {}, 1000);`;
    const done = supervise(program('deaf', { script: deaf, stopTimeoutMs: 100 }));
    await until('it is ready', () => isReady('deaf'));
    const mark = markOf(pidOf('deaf')) ?? assert.fail();
    stop.abort();
    await done;
    assert.deepEqual([isAlive(mark), record('deaf')?.lastExit], [false, 'SIGKILL']);
  });

  it('gives up a service that never starts, says which log to read, and stops the rest', async () => {
    const done = supervise(
      program('database'),
      program('broken', { script: 'console.error("no disk"); process.exit(7)' }),
    );
    await assert.rejects(done, /broken does not start \(exit 7\); its log: .*broken\.log/);
    assert.match(readFileSync(join(folder, 'logs', 'broken.log'), 'utf8'), /no disk/);
    const after = readStackRecord(config.stateDir);
    assert.match(after?.failure ?? '', /broken does not start/);
    assert.equal(after?.supervisor, null);
    assert.ok(events().includes('stop database'));
  });

  it('writes what only its owner may read', async () => {
    void supervise(program('node'));
    await until('it is ready', () => isReady('node'));
    assert.equal(statSync(join(config.stateDir, 'stack.json')).mode & 0o777, 0o600);
  });
});

describe('after a supervisor that was killed', () => {
  const service = (name: string, pid: number, state: ServiceRecord['state'] = 'ready'): ServiceRecord => ({
    name,
    state,
    process: markOf(pid) ?? { pid, started: 'an earlier boot/7' },
    port: null,
    startedAtMs: Date.now(),
    restarts: 0,
    lastExit: null,
    log: '',
  });
  const leave = (services: readonly ServiceRecord[]): StackRecord => {
    const left: StackRecord = {
      version: 1,
      supervisor: { pid: process.pid, started: 'an earlier boot/7' },
      failure: null,
      configHash: '',
      postgresUrl: null,
      readerUrl: null,
      temporalAddress: null,
      temporalUiUrl: null,
      registryAddresses: [],
      services,
    };
    mkdirSync(config.stateDir, { recursive: true });
    writeStackRecord(config.stateDir, left);
    return left;
  };
  const orphan = (): { readonly pid: number; readonly ended: Promise<unknown> } => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    return {
      pid: child.pid ?? assert.fail(),
      ended: new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal))),
    };
  };

  it('the next one ends what is left before it starts its own', async () => {
    const left = orphan();
    leave([service('node', left.pid)]);
    assert.equal(stackStatus(config).state, 'orphaned');
    void supervise(program('node'));
    assert.equal(await left.ended, 'SIGTERM');
    await until('the new one is ready', () => isReady('node'));
    assert.notEqual(pidOf('node'), left.pid);
  });

  it('a pid that belongs to another process by now is not touched', async () => {
    const other = orphan();
    leave([{ ...service('node', other.pid), process: { pid: other.pid, started: 'an earlier boot/7' } }]);
    assert.equal(stackStatus(config).state, 'down');
    void supervise(program('node'));
    await until('the new one is ready', () => isReady('node'));
    assert.notEqual(markOf(other.pid), null);
    process.kill(other.pid, 'SIGKILL');
    await other.ended;
  });

  it('down ends what is left', async () => {
    const left = orphan();
    leave([service('node', left.pid)]);
    assert.equal(await down(config), 'cleaned up');
    assert.equal(await left.ended, 'SIGTERM');
    assert.equal(stackStatus(config).state, 'down');
    assert.equal(await down(config), 'was down');
  });

  it('a damaged record is refused with its path', async () => {
    mkdirSync(config.stateDir, { recursive: true });
    writeFileSync(join(config.stateDir, 'stack.json'), '{');
    await assert.rejects(supervise(program('node')), /stack\.json is damaged/);
  });
});
