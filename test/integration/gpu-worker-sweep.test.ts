// The whole way with real parts: workflows, orchestrator, Postgres, gRPC, gpu-worker processes and trainer processes; only the training
// is scripted. Whatever is killed, every phase ends once, with the losses and weights of an undisturbed run.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { WorkerTimes } from '../../services/gpu-worker/index.ts';
import { kill, WORKER_TEST_TIMES, WorkerBench } from './gpu-worker-bench.ts';
import { assertRecorded, everyPhase, type PhaseOnRecord, phaseOf, stepsOf } from './phases-on-record.ts';
import { keyOf, type ScriptedSpec, sharedBaseSpec } from './scripted-sweep.ts';
import { stateAfter } from './scripted-trainer-child.ts';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { until } from './until.ts';

/** Held phases do not count as hung. */
const PATIENT = { ...WORKER_TEST_TIMES, stallMs: 120_000 } as const;

let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];
const firstNode = new WorkerBench();
const nodes = [firstNode, new WorkerBench(firstNode)] as const;
before(async () => {
  ({ fixture, bench, close } = await openStoreBench());
  await bench.orchestrator();
});
after(async () => {
  for (const node of [...nodes].reverse()) await node.close();
  await close();
});

/** Until the orchestrator knows it. */
async function start(node: WorkerBench, nodeId: string, times: WorkerTimes = PATIENT): Promise<ChildProcess> {
  const slot = { device: 'cpu', threads: 1, memoryBytes: 0 } as const;
  const registries = [bench.registryAddress];
  const { child, address } = await node.child({ nodeId, registries, slots: [slot, slot], times });
  const known = 'select from nodes where name = $1 and address = $2';
  await until(`${nodeId} is known`, async () => (await fixture.rows(known, [nodeId, address])).length === 1);
  return child;
}

/** A phase that goes no further than `step` before `release`. */
function holdAt(step: number): { readonly hold: { step: number; until: string }; readonly release: () => void } {
  const file = join(firstNode.root, `go-${randomUUID()}`);
  return { hold: { step, until: file }, release: () => writeFileSync(file, '') };
}

/** Of the trainer in a slot. */
function trainerPid(node: WorkerBench, slot: number): number {
  const record = readFileSync(join(node.root, 'state', 'slots', `${slot}.json`), 'utf8');
  return (JSON.parse(record) as { pid: number }).pid;
}

/** The phase of which the slot's open attempt has recorded more steps than a base has, so that it is not just about to end. */
async function worksOn(nodeId: string, slot: number): Promise<PhaseOnRecord | undefined> {
  return (await everyPhase(fixture)).find(
    ({ attempts, metrics }) =>
      metrics.length > 3 && attempts.some((one) => one.state === 'open' && one.node === nodeId && one.slot === slot),
  );
}

async function hasFailed(failure: string): Promise<boolean> {
  return (await fixture.rows('select from study.attempts where failure = $1', [failure])).length > 0;
}

async function assertUndisturbed(spec: ScriptedSpec): Promise<void> {
  await assertRecorded(fixture, spec);
  for (const { name, steps } of spec.trials.flat()) {
    const { weights_sha256 } = await phaseOf(fixture, name);
    assert.equal(weights_sha256, stateAfter(keyOf(name), steps), name);
  }
}

test('a sweep runs on a real node, each phase once', async () => {
  const only = await start(nodes[0], 'node-0');
  const spec = sharedBaseSpec(6, { steps: 6, stepMs: 10 }, 'real');
  await bench.start('real', spec);
  assert.deepEqual(await bench.result('real'), { state: 'finished', finished: 6, failed: 0 });
  await assertUndisturbed(spec);
  await kill(only);
});

test('workers and trainers killed in turn change nothing of the result', { timeout: 600_000 }, async () => {
  const first = await start(nodes[0], 'node-0');
  const second = await start(nodes[1], 'node-1');
  const { hold, release } = holdAt(40);
  const spec = sharedBaseSpec(8, { steps: 60, stepMs: 25, hold }, 'hit');
  await bench.start('hit', spec);
  await until('a trainer of node-1 works', async () => (await worksOn('node-1', 0)) !== undefined);
  process.kill(trainerPid(nodes[1], 0), 'SIGKILL');
  await until('the crash is recorded', () => hasFailed('worker_crash'));
  await until('node-0 works', async () => (await worksOn('node-0', 0)) !== undefined);
  await kill(first);
  await start(nodes[0], 'node-0');
  await until('the loss is recorded', () => hasFailed('node_lost'));
  await until('node-1 works', async () => (await worksOn('node-1', 1)) !== undefined);
  await kill(second);
  release();
  assert.deepEqual(await bench.result('hit'), { state: 'finished', finished: 8, failed: 0 });
  await assertUndisturbed(spec);
});

test('paused on one node, a phase goes on at the same step on another', { timeout: 600_000 }, async () => {
  const { hold, release } = holdAt(20);
  const spec = sharedBaseSpec(2, { steps: 40, stepMs: 25, hold }, 'moved');
  await bench.start('moved', spec);
  await until('it runs', async () => (await stepsOf(fixture, 'moved-finetune-0')) > 5);
  await bench.commands.pause('moved');
  await until('nothing runs', async () => (await bench.store.sweepByName('moved'))?.state === 'paused');
  release();
  const other = await start(nodes[1], 'node-1');
  await bench.commands.resume('moved');
  assert.deepEqual(await bench.result('moved'), { state: 'finished', finished: 2, failed: 0 });
  await assertUndisturbed(spec);
  await kill(other);
});

test('a trainer that is suspended ends as a time-out of its attempt, and the phase goes on at another node', {
  timeout: 600_000,
}, async () => {
  const watchful = await start(nodes[1], 'node-1', { ...WORKER_TEST_TIMES, stallMs: 3_000 });
  const soon = { backoffMs: 10, maxBackoffMs: 20 };
  const spec = { ...sharedBaseSpec(4, { steps: 100, stepMs: 40 }, 'hung'), retries: { timeout: soon } };
  await bench.start('hung', spec);
  await until('a trainer of node-1 works', async () => (await worksOn('node-1', 0)) !== undefined);
  const suspended = await worksOn('node-1', 0);
  const pid = trainerPid(nodes[1], 0);
  process.kill(pid, 'SIGSTOP');
  assert.deepEqual(await bench.result('hung'), { state: 'finished', finished: 4, failed: 0 });
  const after = (await everyPhase(fixture)).find(({ phase_key }) => phase_key === suspended?.phase_key);
  const [first, second] = after?.attempts ?? [];
  assert.deepEqual([first?.node, first?.failure, first?.code], ['node-1', 'timeout', 'STALLED']);
  assert.deepEqual([second?.node, second?.state], ['node-0', 'finished']);
  await assertUndisturbed(spec);
  await until('the suspended process is gone', () => !existsSync(`/proc/${pid}`));
  await kill(watchful);
});
