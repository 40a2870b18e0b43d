// How long failures cost with the times that a real fleet has by default (issue: 20 s for an orchestrator, 30 s for a node, nothing for an
// outage). LSWEEP_OUTAGE_MS=300000 makes the outage five minutes long.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { keyOf, scriptOf, sharedBaseSpec } from './scripted-sweep.ts';
import { ScriptedWorker } from './scripted-worker.ts';
import { serveStore } from './store-over-ipc.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';
import { type Bench, openBench } from './workflows-bench.ts';

const OUTAGE_MS = Number(process.env['LSWEEP_OUTAGE_MS'] ?? 10_000);

let bench: Bench;
const children = new Map<string, ChildProcess>();
const workers: ScriptedWorker[] = [];
let registries: readonly string[];

before(async () => {
  bench = await openBench();
  registries = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
});
after(async () => {
  await Promise.all(workers.map((one) => one.die()));
  for (const child of children.values()) child.kill('SIGKILL');
  await bench.close();
});

async function orchestrator(registryAddress: string): Promise<string> {
  const child = fork(
    fileURLToPath(new URL('./orchestrator-child.ts', import.meta.url)),
    [bench.temporal.address, bench.temporal.namespace, registryAddress, 'default'],
    { execArgv: ['--import', 'tsx'], serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  serveStore(bench.store, child);
  return await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the orchestrator ended with ${code}`)));
    child.on('message', (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('ready' in message)) return;
      children.set(String(message.ready), child);
      resolve(String(message.ready));
    });
  });
}

async function kill(replica: string): Promise<void> {
  const child = children.get(replica);
  assert.ok(child !== undefined);
  children.delete(replica);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** A node that renews as seldom as it is told to. */
async function node(nodeId: string, slots: number): Promise<ScriptedWorker> {
  const one = new ScriptedWorker({ nodeId, slots, registries, script: scriptOf, renewMs: 60_000 });
  await one.start();
  workers.push(one);
  await until(`${nodeId} is owned`, () => bench.store.owners.has(nodeId), 40_000);
  return one;
}

const committed = (name: string): number => bench.store.phases.get(keyOf(name))?.metrics.size ?? 0;
const secondsSince = (startMs: number): number => Math.round((performance.now() - startMs) / 100) / 10;

test('of two orchestrators one is killed: the other has its nodes, and commits for them, within 20 s', async (t) => {
  const replicas = await Promise.all(registries.map(orchestrator));
  const one = await node('node-one', 4);
  await bench.start('taken', sharedBaseSpec(2, { steps: 200, stepMs: 100 }, 'a'));
  await until('both finetunes run', () => committed('a-finetune-0') > 2 && committed('a-finetune-1') > 2, 40_000);
  const owner = bench.store.owners.get('node-one')?.replicaId ?? '';
  await kill(owner);
  const startMs = performance.now();
  await until('the other owns it', () => bench.store.owners.get('node-one')?.replicaId !== owner, 60_000);
  const ownedAfter = secondsSince(startMs);
  const known = committed('a-finetune-0');
  await until('it commits', () => committed('a-finetune-0') > known, 60_000);
  const committedAfter = secondsSince(startMs);
  t.diagnostic(`owned after ${ownedAfter} s, committed after ${committedAfter} s`);
  assert.ok(committedAfter < 20, `took ${committedAfter} s`);
  assert.equal(one.running(), 2, 'nothing was stopped');
  assert.deepEqual(await bench.result('taken'), { state: 'finished', finished: 2, failed: 0 });
  assert.equal(one.stepsDone, 2 * 200 + 3, 'no step was done twice');
  const [left] = replicas.filter((replica) => replica !== owner);
  await kill(left ?? '');
});

test('a node is lost: its phases run again elsewhere within 30 s from their last commit', async (t) => {
  await orchestrator(registries[0] ?? '');
  await until(
    'the node is back',
    () => bench.store.owners.get('node-one')?.replicaId === [...children.keys()][0],
    40_000,
  );
  // the emptiest node gets the work
  const doomed = await node('node-doomed', 12);
  await bench.start('bereft', sharedBaseSpec(3, { steps: 300, stepMs: 100 }, 'b'));
  await until('the doomed node works', () => doomed.stepsDone > 5, 40_000);
  const lost = [...doomed.attempts.values()].filter((one) => one.running).map((one) => one.key);
  await doomed.die();
  const startMs = performance.now();
  await until('they run elsewhere', () => lost.every((key) => bench.store.phase(key).attempts.length > 1), 60_000);
  const seconds = secondsSince(startMs);
  t.diagnostic(`${lost.length} phases run elsewhere after ${seconds} s`);
  assert.ok(seconds < 30, `took ${seconds} s`);
  await bench.commands.cancel('bereft');
  await bench.result('bereft');
});

test('no orchestrator for a while: no running trial stops or repeats work', { timeout: 600_000 }, async (t) => {
  const [one] = workers;
  assert.ok(one !== undefined);
  const steps = Math.ceil(OUTAGE_MS / 100) + 150;
  await bench.start('alone', sharedBaseSpec(2, { steps, stepMs: 100 }, 'c'));
  await until('both finetunes run', () => committed('c-finetune-0') > 2 && committed('c-finetune-1') > 2, 40_000);
  const before = one.stepsDone;
  const [replica] = children.keys();
  await kill(replica ?? '');
  const startMs = performance.now();
  await until('the outage is over', () => performance.now() - startMs > OUTAGE_MS, OUTAGE_MS + 5_000);
  const meanwhile = one.stepsDone - before;
  assert.equal(one.running(), 2, 'both go on');
  assert.ok(meanwhile > OUTAGE_MS / 100, `${meanwhile} steps meanwhile`);
  await orchestrator(registries[0] ?? '');
  assert.deepEqual(await bench.result('alone'), { state: 'finished', finished: 2, failed: 0 });
  for (const i of [0, 1]) {
    const phase = bench.store.phase(keyOf(`c-finetune-${i}`));
    assert.deepEqual([phase.attempts.length, phase.completions, phase.metrics.size], [1, 1, steps]);
  }
  t.diagnostic(`${meanwhile} steps were done without an orchestrator in ${OUTAGE_MS} ms, none twice`);
});
