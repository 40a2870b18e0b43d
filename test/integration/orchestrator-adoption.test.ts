import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { keyOf, sharedBaseSpec } from './scripted-sweep.ts';
import { lossOf } from './scripted-worker.ts';
import { serveStore } from './store-over-ipc.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';
import { type Bench, openBench } from './workflows-bench.ts';

let bench: Bench;
const children = new Set<ChildProcess>();

before(async () => {
  bench = await openBench({ heartbeatTimeoutMs: 3_000 });
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await bench.close();
});

const replicas = new Map<string, ChildProcess>();

async function forkOrchestrator(registryAddress = bench.registryAddress): Promise<ChildProcess> {
  const child = fork(
    fileURLToPath(new URL('./orchestrator-child.ts', import.meta.url)),
    [bench.temporal.address, bench.temporal.namespace, registryAddress],
    { execArgv: ['--import', 'tsx'], serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  children.add(child);
  serveStore(bench.store, child);
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the orchestrator ended with ${code}`)));
    child.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'ready' in message) {
        replicas.set(String(message.ready), child);
        resolve();
      }
    });
  });
  await ready;
  return child;
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  children.delete(child);
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

function assertExactlyOnce(prefix: string, count: number, steps: number): void {
  for (let i = 0; i < count; i++) {
    const key = keyOf(`${prefix}-finetune-${i}`);
    const phase = bench.store.phase(key);
    assert.equal(phase.completions, 1);
    assert.equal(phase.metrics.size, steps);
    assert.equal(phase.metrics.get(`loss_nats@${steps}`), lossOf(key, steps));
  }
}

test('an orchestrator killed in the middle costs no work: the next one adopts what its nodes report', async () => {
  const first = await forkOrchestrator();
  const worker = await bench.worker('node-a', 4);
  await bench.start('killed', sharedBaseSpec(20, { steps: 40, stepMs: 50 }, 'k'));
  await until('finetunes run', () => worker.running() === 4 && worker.started > 4);
  await end(first, 'SIGKILL');
  const atKill = [...worker.attempts.values()].filter((one) => one.running).map((one) => one.key);
  const second = await forkOrchestrator();
  assert.deepEqual(await bench.result('killed'), { state: 'finished', finished: 20, failed: 0 });
  assertExactlyOnce('k', 20, 40);
  for (const key of atKill)
    assert.equal(bench.store.phase(key).attempts.length, 1, 'an adopted attempt is not opened again');
  assert.equal(worker.stepsDone, 20 * 40 + 3, 'no step was done twice');
  await end(second, 'SIGTERM');
});

test('an orderly restart leaves running attempts alone', async () => {
  const first = await forkOrchestrator();
  const worker = bench.workers[0];
  assert.ok(worker !== undefined);
  const before = worker.stepsDone;
  await bench.start('restarted', sharedBaseSpec(8, { steps: 120, stepMs: 50 }, 'r'));
  await until(
    'finetunes run',
    () => worker.running() === 4 && (bench.store.phases.get(keyOf('r-base'))?.completions ?? 0) === 1,
  );
  await end(first, 'SIGTERM');
  assert.equal(worker.running(), 4);
  const second = await forkOrchestrator();
  assert.deepEqual(await bench.result('restarted'), { state: 'finished', finished: 8, failed: 0 });
  assertExactlyOnce('r', 8, 120);
  assert.equal(worker.stepsDone - before, 8 * 120 + 3);
  await end(second, 'SIGTERM');
});

test('of two orchestrators one is killed and the other takes its nodes over', async () => {
  const [portA, portB] = [await freePort(), await freePort()];
  const a = await forkOrchestrator(`127.0.0.1:${portA}`);
  const b = await forkOrchestrator(`127.0.0.1:${portB}`);
  const worker = await bench.worker('node-shared', 3, [`127.0.0.1:${portA}`, `127.0.0.1:${portB}`]);
  await until('one of them owns the node', () => bench.store.owners.has('node-shared'));
  await bench.start('taken', sharedBaseSpec(9, { steps: 30, stepMs: 50 }, 's'));
  await until('finetunes run', () => worker.running() === 3 && worker.started > 3);
  const owner = replicas.get(bench.store.owners.get('node-shared')?.replicaId ?? '');
  assert.ok(owner !== undefined);
  await end(owner, 'SIGKILL');
  assert.deepEqual(await bench.result('taken'), { state: 'finished', finished: 9, failed: 0 });
  assertExactlyOnce('s', 9, 30);
  assert.equal(worker.stepsDone, 9 * 30 + 3);
  await end(owner === a ? b : a, 'SIGTERM');
});

test('an orchestrator that was suspended beyond its heartbeats joins its own attempts again', async () => {
  const only = await forkOrchestrator();
  const worker = bench.workers[0];
  assert.ok(worker !== undefined);
  await until('the node is back', () => bench.store.owners.has('node-a'));
  const before = worker.stepsDone;
  await bench.start('suspended', sharedBaseSpec(8, { steps: 60, stepMs: 100 }, 'z'));
  await until(
    'finetunes run',
    () => worker.running() === 4 && (bench.store.phases.get(keyOf('z-base'))?.completions ?? 0) === 1,
  );
  only.kill('SIGSTOP');
  // longer than the heartbeat time-out of this bench: Temporal has given the phases up
  await new Promise((resolve) => setTimeout(resolve, 4_500));
  only.kill('SIGCONT');
  assert.deepEqual(await bench.result('suspended'), { state: 'finished', finished: 8, failed: 0 });
  assertExactlyOnce('z', 8, 60);
  assert.equal(worker.stepsDone - before, 8 * 60 + 3);
  await end(only, 'SIGTERM');
});
