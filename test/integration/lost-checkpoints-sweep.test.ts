// Checkpoints that get lost under a running sweep: workflows, Postgres, gRPC, gpu-worker and trainer processes are real. Whatever is deleted or
// spoilt, every phase ends with the rows and weights of an undisturbed run, and no retry budget pays for it.

import assert from 'node:assert/strict';
import { type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WORKER_TEST_TIMES, WorkerBench } from './gpu-worker-bench.ts';
import { lossOf } from './scripted-loss.ts';
import { keyOf, type ScriptedPhase, type ScriptedSpec } from './scripted-sweep.ts';
import { stateAfter } from './scripted-trainer-child.ts';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { until } from './until.ts';

const node = new WorkerBench();
let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];
let worker: ChildProcess;
before(async () => {
  ({ fixture, bench, close } = await openStoreBench());
  await bench.orchestrator();
  const slot = { device: 'cpu', threads: 1, memoryBytes: 0 } as const;
  ({ child: worker } = await node.child({
    ...{ nodeId: 'node-lost', registries: [bench.registryAddress], slots: [slot, slot] },
    times: { ...WORKER_TEST_TIMES, stallMs: 120_000 },
  }));
});
after(async () => {
  await node.close();
  await close();
});

/** Final or newest checkpoints of a phase as files of the store, newest first. */
async function filesOf(name: string): Promise<readonly string[]> {
  const rows = await fixture.rows<{ uri: string }>(
    `select uri from checkpoints join phases using (phase_id)
     where phase_key = $1 and not damaged and superseded_by is null order by step desc`,
    [keyOf(name)],
  );
  return rows.map(({ uri }) => join(node.artifactsDir, uri));
}

function emptyCache(): void {
  const folder = join(node.root, 'state', 'cache');
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

/** Of the phase, which has an open attempt. */
async function killTrainer(name: string): Promise<void> {
  const [open] = await fixture.rows<{ slot: number }>(
    "select slot from attempts join phases using (phase_id) where phase_key = $1 and attempts.state = 'open'",
    [keyOf(name)],
  );
  const record = readFileSync(join(node.root, 'state', 'slots', `${open?.slot}.json`), 'utf8');
  process.kill((JSON.parse(record) as { pid: number }).pid, 'SIGKILL');
}

function holdAt(step: number): { readonly hold: { step: number; until: string }; readonly release: () => void } {
  const file = join(node.root, `go-${randomUUID()}`);
  return { hold: { step, until: file }, release: () => writeFileSync(file, '') };
}

const phase = (name: string, more: Partial<ScriptedPhase> = {}): ScriptedPhase => ({
  name,
  steps: 6,
  stepMs: 5,
  ...more,
});

async function assertUndisturbed(spec: ScriptedSpec): Promise<void> {
  for (const { name, steps } of spec.trials.flat()) {
    const rows = await fixture.rows(
      `select m.step, m.value from metrics m join phases using (phase_id) join metric_names n using (metric)
       where phase_key = $1 and n.name = 'loss_nats' order by step`,
      [keyOf(name)],
    );
    assert.deepEqual(
      rows,
      Array.from({ length: steps }, (_, i) => ({ step: i + 1, value: lossOf(keyOf(name), i + 1) })),
      name,
    );
    const [phaseRow] = await fixture.rows('select state, weights_sha256 from phases where phase_key = $1', [
      keyOf(name),
    ]);
    assert.deepEqual(phaseRow, { state: 'finished', weights_sha256: stateAfter(keyOf(name), steps) }, name);
  }
}

/** Failures that count against a budget. */
async function counted(): Promise<readonly unknown[]> {
  return await fixture.rows(
    "select phase_key, code from study.attempts where failure = 'artifact_store' and not forgiven",
  );
}

for (const [how, spoil] of [
  ['deleted', (path: string): void => rmSync(path)],
  ['torn', (path: string): void => writeFileSync(path, readFileSync(path).subarray(0, 9))],
  [
    'flipped',
    (path: string): void => {
      const content = readFileSync(path);
      content[3] = (content[3] ?? 0) ^ 1;
      writeFileSync(path, content);
    },
  ],
] as const) {
  test(`the weights of a finished Base are ${how}: it runs again once, and everything that starts from it waits`, async () => {
    const first: ScriptedSpec = { trials: [[phase(`${how}-base`), phase(`${how}-a`)]] };
    await bench.start(`${how}-first`, first);
    await bench.result(`${how}-first`);
    const [file] = await filesOf(`${how}-base`);
    assert.ok(file !== undefined);
    spoil(file);
    emptyCache();
    const second: ScriptedSpec = {
      trials: ['b', 'c', 'd', 'e'].map((one) => [phase(`${how}-base`), phase(`${how}-${one}`)]),
    };
    await bench.start(`${how}-second`, second);
    assert.deepEqual(await bench.result(`${how}-second`), { state: 'finished', finished: 4, failed: 0 });
    await assertUndisturbed(first);
    await assertUndisturbed(second);
    const ends = await fixture.rows(
      "select count(*)::int as n from study.attempts where phase_key = $1 and state = 'finished'",
      [keyOf(`${how}-base`)],
    );
    assert.deepEqual(ends, [{ n: 2 }]);
    assert.deepEqual(await counted(), []);
  });

  test(`the newest checkpoint of a running phase is ${how}: it resumes from the one before`, async () => {
    const { hold, release } = holdAt(4);
    const spec: ScriptedSpec = { trials: [[phase(`${how}-run`, { hold })]] };
    await bench.start(`${how}-run`, spec);
    await until('step 4 is recorded', async () => (await filesOf(`${how}-run`)).length === 4);
    const [file] = await filesOf(`${how}-run`);
    assert.ok(file !== undefined);
    spoil(file);
    emptyCache();
    await killTrainer(`${how}-run`);
    release();
    assert.deepEqual(await bench.result(`${how}-run`), { state: 'finished', finished: 1, failed: 0 });
    await assertUndisturbed(spec);
    const resumes = await fixture.rows(
      'select resume_step, code from study.attempts where phase_key = $1 order by attempt',
      [keyOf(`${how}-run`)],
    );
    assert.deepEqual(resumes, [
      { resume_step: 0, code: 'TRAINER_CRASHED' },
      { resume_step: 4, code: how === 'deleted' ? 'ARTIFACT_STORE' : 'CHECKPOINT_DAMAGED' },
      { resume_step: 3, code: null },
    ]);
    assert.deepEqual(await counted(), []);
  });
}

test('the store and the cache are emptied under a running phase: it begins anew', async () => {
  const { hold, release } = holdAt(4);
  const spec: ScriptedSpec = { trials: [[phase('emptied', { hold })]] };
  await bench.start('emptied', spec);
  await until('step 4 is recorded', async () => (await filesOf('emptied')).length === 4);
  for (const name of readdirSync(node.artifactsDir)) rmSync(join(node.artifactsDir, name), { recursive: true });
  emptyCache();
  await killTrainer('emptied');
  release();
  assert.deepEqual(await bench.result('emptied'), { state: 'finished', finished: 1, failed: 0 });
  await assertUndisturbed(spec);
  assert.deepEqual(await counted(), []);
});

test('a store that is away is waited for, and no checkpoint is marked', async () => {
  const { hold, release } = holdAt(4);
  const spec: ScriptedSpec = {
    trials: [[phase('away', { hold })]],
    retries: { artifact_store: { attempts: 100, backoffMs: 50, maxBackoffMs: 50 } },
  };
  await bench.start('away', spec);
  await until('step 4 is recorded', async () => (await filesOf('away')).length === 4);
  const elsewhere = join(node.root, 'unmounted');
  renameSync(node.artifactsDir, elsewhere);
  mkdirSync(node.artifactsDir);
  emptyCache();
  await killTrainer('away');
  release();
  await until('it was tried twice', async () => (await counted()).length >= 2);
  assert.deepEqual(readdirSync(node.artifactsDir), []);
  rmSync(node.artifactsDir, { recursive: true });
  renameSync(elsewhere, node.artifactsDir);
  assert.deepEqual(await bench.result('away'), { state: 'finished', finished: 1, failed: 0 });
  await assertUndisturbed(spec);
  const marked = await fixture.rows(
    'select step from checkpoints join phases using (phase_id) where phase_key = $1 and damaged',
    [keyOf('away')],
  );
  assert.deepEqual(marked, []);
  assert.ok(worker.exitCode === null && existsSync(node.artifactsDir));
});
