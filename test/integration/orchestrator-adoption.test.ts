import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { after, afterEach, before, test } from 'node:test';
import { endOrchestrator as end, forkOrchestrator } from './forked-orchestrator.ts';
import { assertRecorded, ownerOf, phaseOf, stateOf } from './phases-on-record.ts';
import { keyOf, type ScriptedSpec, sharedBaseSpec } from './scripted-sweep.ts';
import type { ScriptedWorker } from './scripted-worker.ts';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';

let opened: StoreBench;
let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
const children = new Map<string, ChildProcess>();

before(async () => {
  opened = await openStoreBench({ heartbeatTimeoutMs: 3_000 });
  ({ fixture, bench } = opened);
});
// every test brings its own orchestrators and node, so that each runs alone and in any order
afterEach(async () => {
  for (const child of children.values()) await end(child, 'SIGKILL');
  children.clear();
  // no orchestrator is left that would offer them work
  await Promise.all(bench.workers.map((one) => one.die()));
});
after(() => opened.close());

async function orchestrator(registryAddress?: string): Promise<ChildProcess> {
  const { child, replicaId } = await forkOrchestrator(opened, registryAddress);
  children.set(replicaId, child);
  return child;
}

/** Resolves when some orchestrator owns it. */
async function node(nodeId: string, slots: number, registries?: readonly string[]): Promise<ScriptedWorker> {
  const worker = await bench.worker(nodeId, slots, registries);
  await until(`${nodeId} is owned`, async () => (await ownerOf(fixture, nodeId)) !== null);
  return worker;
}

/** The node works on finetunes in all its slots. */
async function fills(worker: ScriptedWorker, prefix: string, slots: number): Promise<void> {
  await until(
    'finetunes run',
    async () => worker.running() === slots && (await stateOf(fixture, `${prefix}-base`)) === 'finished',
  );
}

/** PENDING_ACTIVITY_STATE_STARTED of Temporal's API. */
const STARTED = 2;

const result = (cells: number) => ({ state: 'finished', finished: cells, failed: 0 });

test('an orchestrator killed in the middle costs no work: the next one adopts what its nodes report', async () => {
  const first = await orchestrator();
  const worker = await node('node-killed', 4);
  const spec: ScriptedSpec = sharedBaseSpec(20, { steps: 40, stepMs: 50 }, 'k');
  await bench.start('killed', spec);
  await fills(worker, 'k', 4);
  await end(first, 'SIGKILL');
  const atKill = new Set([...worker.attempts.values()].filter((one) => one.running).map((one) => one.key));
  await orchestrator();
  assert.deepEqual(await bench.result('killed'), result(20));
  await assertRecorded(fixture, spec);
  for (const { name } of spec.trials.flat()) {
    if (!atKill.has(keyOf(name))) continue;
    assert.equal((await phaseOf(fixture, name)).attempts.length, 1, 'an adopted attempt is not opened again');
  }
  assert.equal(worker.stepsDone, 20 * 40 + 3, 'no step was done twice');
});

test('an orderly restart leaves running attempts alone', async () => {
  const first = await orchestrator();
  const worker = await node('node-restarted', 4);
  const spec = sharedBaseSpec(8, { steps: 120, stepMs: 50 }, 'r');
  await bench.start('restarted', spec);
  await fills(worker, 'r', 4);
  await end(first, 'SIGTERM');
  assert.equal(worker.running(), 4);
  await orchestrator();
  assert.deepEqual(await bench.result('restarted'), result(8));
  await assertRecorded(fixture, spec);
  assert.equal(worker.stepsDone, 8 * 120 + 3);
});

test('of two orchestrators one is killed and the other takes its nodes over', async () => {
  const registries = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  for (const address of registries) await orchestrator(address);
  const worker = await node('node-shared', 3, registries);
  const spec = sharedBaseSpec(9, { steps: 30, stepMs: 50 }, 's');
  await bench.start('taken', spec);
  await fills(worker, 's', 3);
  const owner = children.get((await ownerOf(fixture, 'node-shared')) ?? '');
  assert.ok(owner !== undefined);
  await end(owner, 'SIGKILL');
  assert.deepEqual(await bench.result('taken'), result(9));
  await assertRecorded(fixture, spec);
  assert.equal(worker.stepsDone, 9 * 30 + 3);
});

test('an orchestrator that was suspended beyond its heartbeats joins its own attempts again', async () => {
  const only = await orchestrator();
  const worker = await node('node-suspended', 4);
  const spec = sharedBaseSpec(8, { steps: 60, stepMs: 100 }, 'z');
  await bench.start('suspended', spec);
  await fills(worker, 'z', 4);
  const batch = bench.client.workflow.getHandle('batch/suspended/0-8');
  const taken = async (): Promise<number> =>
    ((await batch.describe()).raw.pendingActivities ?? []).filter(({ state }) => Number(state) === STARTED).length;
  assert.equal(await taken(), 4);
  only.kill('SIGSTOP');
  // the heartbeat time-out of this bench must pass
  await until('Temporal has given all four up', async () => (await taken()) === 0);
  only.kill('SIGCONT');
  assert.deepEqual(await bench.result('suspended'), result(8));
  await assertRecorded(fixture, spec);
  assert.equal(worker.stepsDone, 8 * 60 + 3);
});
