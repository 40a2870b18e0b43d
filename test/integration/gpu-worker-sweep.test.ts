// The whole way with real parts: workflows, orchestrator, gRPC, gpu-worker processes and trainer processes; only the training and the store
// are scripted. Whatever is killed, every phase ends once, with the losses and weights of an undisturbed run.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { WorkerTimes } from '../../services/gpu-worker/index.ts';
import type { CommitOutcome } from '../../services/store/types.ts';
import { kill, WORKER_TEST_TIMES, WorkerBench } from './gpu-worker-bench.ts';
import { MemoryStore } from './memory-store.ts';
import { lossOf } from './scripted-loss.ts';
import { keyOf, type ScriptedSpec, sharedBaseSpec } from './scripted-sweep.ts';
import { stateAfter } from './scripted-trainer-child.ts';
import { until } from './until.ts';
import { type Bench, openBenchOn } from './workflows-bench.ts';

/** Remembers what each phase ended with. */
class ResultStore extends MemoryStore {
  readonly results = new Map<number, string>();

  override async completePhase(
    phaseId: number,
    attempt: number,
    _seq?: bigint,
    resultJson?: string,
  ): Promise<CommitOutcome> {
    const outcome = await super.completePhase(phaseId, attempt);
    if (outcome === 'committed') this.results.set(phaseId, resultJson ?? '');
    return outcome;
  }
}

/** Held phases do not count as hung. */
const PATIENT = { ...WORKER_TEST_TIMES, stallMs: 120_000 } as const;

let bench: Bench<ResultStore>;
const firstNode = new WorkerBench();
const nodes = [firstNode, new WorkerBench(firstNode)] as const;
before(async () => {
  bench = await openBenchOn(new ResultStore());
  await bench.orchestrator();
});
after(async () => {
  for (const node of [...nodes].reverse()) await node.close();
  await bench.close();
});

/** Until the orchestrator knows it. */
async function start(node: WorkerBench, nodeId: string, times: WorkerTimes = PATIENT): Promise<ChildProcess> {
  const slot = { device: 'cpu', threads: 1, memoryBytes: 0 } as const;
  const registries = [bench.registryAddress];
  const { child, address } = await node.child({ nodeId, registries, slots: [slot, slot], times });
  await until(`${nodeId} is known`, () => bench.store.nodes.get(nodeId)?.address === address);
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

/** An attempt of the slot is open and has recorded more steps than a base has, so that it is not just about to end. */
function worksOn(nodeId: string, slot: number): boolean {
  return [...bench.store.phases.values()].some(
    ({ attempts, metrics }) =>
      metrics.size > 3 &&
      attempts.some(({ state, place }) => state === 'open' && place.nodeId === nodeId && place.slot === slot),
  );
}

function failures(): readonly (string | undefined)[] {
  return [...bench.store.phases.values()].flatMap(({ attempts }) => attempts.map(({ failure }) => failure?.failure));
}

function assertUndisturbed(spec: ScriptedSpec): void {
  for (const { name, steps } of spec.trials.flat()) {
    const key = keyOf(name);
    const phase = bench.store.phase(key);
    assert.equal(phase.completions, 1, `${name} completed ${phase.completions} times`);
    const losses = Array.from({ length: steps }, (_, i) => [`loss_nats@${i + 1}`, lossOf(key, i + 1)]);
    assert.deepEqual(
      [...phase.metrics].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
      losses,
    );
    assert.equal(
      (JSON.parse(bench.store.results.get(phase.phaseId) ?? '') as { weightsSha256: string }).weightsSha256,
      stateAfter(key, steps),
    );
  }
}

test('a sweep runs on a real node, each phase once', async () => {
  const only = await start(nodes[0], 'node-0');
  const spec = sharedBaseSpec(6, { steps: 6, stepMs: 10 }, 'real');
  await bench.start('real', spec);
  assert.deepEqual(await bench.result('real'), { state: 'finished', finished: 6, failed: 0 });
  assertUndisturbed(spec);
  await kill(only);
});

test('workers and trainers killed in turn change nothing of the result', { timeout: 300_000 }, async () => {
  const first = await start(nodes[0], 'node-0');
  const second = await start(nodes[1], 'node-1');
  const { hold, release } = holdAt(40);
  const spec = sharedBaseSpec(8, { steps: 60, stepMs: 25, hold }, 'hit');
  await bench.start('hit', spec);
  await until('a trainer of node-1 works', () => worksOn('node-1', 0));
  process.kill(trainerPid(nodes[1], 0), 'SIGKILL');
  await until('the crash is recorded', () => failures().includes('worker_crash'));
  await until('node-0 works', () => worksOn('node-0', 0));
  await kill(first);
  await start(nodes[0], 'node-0');
  await until('the loss is recorded', () => failures().includes('node_lost'));
  await until('node-1 works', () => worksOn('node-1', 1));
  await kill(second);
  release();
  assert.deepEqual(await bench.result('hit'), { state: 'finished', finished: 8, failed: 0 });
  assertUndisturbed(spec);
});

test('paused on one node, a phase goes on at the same step on another', { timeout: 180_000 }, async () => {
  const { hold, release } = holdAt(20);
  const spec = sharedBaseSpec(2, { steps: 40, stepMs: 25, hold }, 'moved');
  await bench.start('moved', spec);
  const steps = (): number => bench.store.phases.get(keyOf('moved-finetune-0'))?.metrics.size ?? 0;
  await until('it runs', () => steps() > 5);
  await bench.commands.pause('moved');
  await until('nothing runs', () => bench.store.states.at(-1) === 'paused');
  release();
  const other = await start(nodes[1], 'node-1');
  await bench.commands.resume('moved');
  assert.deepEqual(await bench.result('moved'), { state: 'finished', finished: 2, failed: 0 });
  assertUndisturbed(spec);
  await kill(other);
});

test('a trainer that is suspended ends as a time-out of its attempt, and the phase goes on at another node', {
  timeout: 180_000,
}, async () => {
  const watchful = await start(nodes[1], 'node-1', { ...WORKER_TEST_TIMES, stallMs: 3_000 });
  const soon = { backoffMs: 10, maxBackoffMs: 20 };
  const spec = { ...sharedBaseSpec(4, { steps: 100, stepMs: 40 }, 'hung'), retries: { timeout: soon } };
  await bench.start('hung', spec);
  await until('a trainer of node-1 works', () => worksOn('node-1', 0));
  const suspended = [...bench.store.phases.values()].find(({ attempts }) =>
    attempts.some(({ state, place }) => state === 'open' && place.nodeId === 'node-1' && place.slot === 0),
  );
  const pid = trainerPid(nodes[1], 0);
  process.kill(pid, 'SIGSTOP');
  assert.deepEqual(await bench.result('hung'), { state: 'finished', finished: 4, failed: 0 });
  const [first, second] = suspended?.attempts ?? [];
  assert.deepEqual(
    [first?.place.nodeId, first?.failure?.failure, first?.failure?.code],
    ['node-1', 'timeout', 'STALLED'],
  );
  assert.deepEqual([second?.place.nodeId, second?.state], ['node-0', 'finished']);
  assertUndisturbed(spec);
  await until('the suspended process is gone', () => !existsSync(`/proc/${pid}`));
  await kill(watchful);
});
