import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { SweepFile } from '../../services/orchestrator/index.ts';
import { keyOf, type ScriptedSpec, sharedBaseSpec } from './scripted-sweep.ts';
import { lossOf } from './scripted-worker.ts';
import { until } from './until.ts';
import { type Bench, openBench } from './workflows-bench.ts';

let bench: Bench;
before(async () => {
  bench = await openBench();
  await bench.orchestrator();
});
after(() => bench.close());

// every test brings its own sweeps and nodes, and leaves none behind, so that each runs alone and in any order
const names: string[] = [];
function start(name: string, spec: ScriptedSpec): Promise<void> {
  if (!names.includes(name)) names.push(name);
  return bench.start(name, spec);
}
afterEach(async () => {
  for (const name of names.splice(0)) {
    if ((await bench.commands.describe(name)).kind !== 'running') continue;
    await bench.commands.cancel(name);
    await until(`${name} is closed`, async () => (await bench.commands.describe(name)).kind === 'closed');
  }
  await bench.leaveAll();
});

test('a sweep runs every phase once, shared ones too, and records every step', async () => {
  const worker = await bench.worker('node-a', 4);
  await start('first', sharedBaseSpec(20, { steps: 4, stepMs: 10 }));
  const summary = await bench.result('first');
  assert.deepEqual(summary, { state: 'finished', finished: 20, failed: 0 });
  const phases = [...bench.store.phases].filter(([key]) => worker.attempts.has(key));
  assert.equal(phases.length, 21);
  for (const [key, phase] of phases) {
    assert.equal(phase.completions, 1);
    assert.equal(phase.attempts.length, 1);
    assert.equal(phase.metrics.get('loss_nats@3'), lossOf(key, 3));
  }
  assert.equal(worker.started, 21);
  assert.equal(worker.stepsDone, 20 * 4 + 3);
});

/** Steps recorded of all phases of a sweep, against what a run without any disturbance records. */
function assertRecorded(prefix: string, count: number, steps: number): void {
  const names = [`${prefix}-base`, ...Array.from({ length: count }, (_, i) => `${prefix}-finetune-${i}`)];
  for (const name of names) {
    const key = keyOf(name);
    const phase = bench.store.phase(key);
    assert.equal(phase.completions, 1, `${name} completed ${phase.completions} times`);
    const total = name.endsWith('-base') ? 3 : steps;
    const expected = Array.from({ length: total }, (_, i) => [`loss_nats@${i + 1}`, lossOf(key, i + 1)]);
    assert.deepEqual(
      [...phase.metrics].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
      expected,
    );
  }
}

test('pause frees the slots, resume goes on at the same step, extend meanwhile adds only the new cells', async () => {
  const worker = await bench.worker('node-pause', 4);
  const spec = sharedBaseSpec(12, { steps: 60, stepMs: 40 }, 'p');
  await start('paused', spec);
  await until('work has begun', () => worker.running() === 4);
  await bench.commands.pause('paused');
  await bench.commands.pause('paused');
  await until('every slot is free', () => worker.running() === 0);
  assert.equal(bench.store.states.at(-1), 'paused');
  const steps = worker.stepsDone;

  const longer = sharedBaseSpec(15, { steps: 60, stepMs: 40 }, 'p');
  const file = {
    name: 'paused',
    spec: longer,
    specHash: JSON.stringify(longer),
    cells: 15,
    priority: 3,
    weight: 1,
    width: null,
  };
  assert.deepEqual(await bench.commands.extend(file), { revision: 2 });
  assert.deepEqual(await bench.commands.extend(file), { revision: 2 });
  assert.equal(worker.stepsDone, steps, 'nothing runs while paused');
  const described = await bench.commands.describe('paused');
  assert.ok(described.kind === 'running' && described.status.paused);

  await bench.commands.resume('paused');
  assert.deepEqual(await bench.result('paused'), { state: 'finished', finished: 15, failed: 0 });
  assertRecorded('p', 15, 60);
});

test('cancel stops what runs with a checkpoint and gives the claims to another sweep that shares them', async () => {
  await bench.worker('node-cancel', 4);
  await start('cancelled', sharedBaseSpec(6, { steps: 200, stepMs: 30 }, 'c'));
  await until('work has begun', () => stepsOf('c-finetune-0') > 2);
  await start('heir', { trials: [sharedBaseSpec(1, { steps: 200, stepMs: 30 }, 'c').trials[0] ?? []] });
  const stateOfHeir = async (): Promise<string | undefined> => (await bench.store.sweepByName('heir'))?.state;
  await until('the heir has planned its cells', async () => (await stateOfHeir()) === 'running');
  await bench.commands.cancel('cancelled');
  const summary = await bench.result('cancelled');
  assert.deepEqual(summary, { state: 'cancelled', finished: 0, failed: 0 });
  const before = bench.store.phase(keyOf('c-finetune-0')).metrics.size;
  assert.deepEqual(await bench.result('heir'), { state: 'finished', finished: 1, failed: 0 });
  const phase = bench.store.phase(keyOf('c-finetune-0'));
  assert.ok(before > 2 && phase.metrics.size === 200);
  assert.equal(phase.completions, 1);
});

test('a phase that fails is tried as often as its class allows, and retry runs failed trials again in a closed sweep', async () => {
  await bench.worker('node-failing', 4);
  const failing = { steps: 5, stepMs: 5, failAt: { step: 3, code: 'INTERNAL', failure: 'code_error', failures: 2 } };
  const nan = { steps: 5, stepMs: 5, failAt: { step: 3, code: 'NAN_LOSS', failure: 'nan_loss', failures: 1 } };
  const crash = {
    steps: 5,
    stepMs: 5,
    failAt: { step: 3, code: 'TRAINER_CRASHED', failure: 'worker_crash', failures: 3 },
  };
  await start('failing', {
    trials: [
      [{ name: 'f-code', ...failing }],
      [{ name: 'f-nan', ...nan }],
      [{ name: 'f-crash', ...crash }],
      [{ name: 'f-good', steps: 2, stepMs: 5 }],
    ],
  });
  assert.deepEqual(await bench.result('failing'), { state: 'finished', finished: 2, failed: 2 });
  const attempts = (name: string): number => bench.store.phase(keyOf(name)).attempts.length;
  assert.deepEqual(['f-code', 'f-nan', 'f-crash', 'f-good'].map(attempts), [2, 1, 4, 1]);
  assert.equal(bench.store.phase(keyOf('f-nan')).failure?.failure, 'nan_loss');

  assert.equal(await bench.commands.retryFailed('failing'), 2);
  // the script fails only the first attempts
  await until('the sweep is closed again', async () => (await bench.commands.describe('failing')).kind === 'closed');
  assert.deepEqual(['f-code', 'f-nan', 'f-crash'].map(attempts), [3, 2, 4]);
  assert.deepEqual(await bench.result('failing'), { state: 'finished', finished: 4, failed: 0 });
  assert.deepEqual(await bench.commands.describe('failing'), { kind: 'closed', how: 'completed', reason: null });
});

test('width bounds the phases that run, and bad settings are refused with the value', async () => {
  await bench.worker('node-narrow', 4);
  await start('narrow', sharedBaseSpec(10, { steps: 150, stepMs: 20 }, 'w'));
  await bench.commands.set('narrow', { width: 2 });
  await until('the base is done', () => bench.store.phases.get(keyOf('w-base'))?.state === 'finished');
  await until('only two run', () => runningOf('w-') === 2);
  await assert.rejects(bench.commands.set('narrow', { priority: 9 }), /SPEC_INVALID.*priority is 9/);
  await bench.commands.set('narrow', { width: null });
  await until('all slots are used', () => runningOf('w-') > 2);
  await bench.result('narrow');
  assertRecorded('w', 10, 150);
});

test('a name that another sweep file has is refused, the same file again changes nothing', async () => {
  const worker = await bench.worker('node-again', 4);
  const spec = sharedBaseSpec(3, { steps: 4, stepMs: 10 }, 'g');
  await start('named', spec);
  const summary = { state: 'finished', finished: 3, failed: 0 };
  assert.deepEqual(await bench.result('named'), summary);
  await assert.rejects(start('named', sharedBaseSpec(2, { steps: 1, stepMs: 1 }, 'other')), /CONFLICT/);
  await start('named', spec);
  await until('it is closed', async () => (await bench.commands.describe('named')).kind === 'closed');
  assertRecorded('g', 3, 4);
  assert.equal(worker.started, 4);
});

test('a node that dies loses its attempts to another, which goes on from the last committed step', async () => {
  const doomed = await bench.worker('node-doomed', 4);
  await bench.worker('node-heir', 4);
  await start('bereft', sharedBaseSpec(10, { steps: 60, stepMs: 30 }, 'd'));
  await until('the doomed node works', () => doomed.running() >= 2 && doomed.stepsDone > 10);
  await doomed.die();
  assert.deepEqual(await bench.result('bereft'), { state: 'finished', finished: 10, failed: 0 });
  assertRecorded('d', 10, 60);
  const lost = [...doomed.attempts.keys()]
    .flatMap((key) => bench.store.phase(key).attempts)
    .filter((one) => one.failure?.failure === 'node_lost');
  assert.ok(lost.length >= 2);
});

test('Postgres away for a moment delays a sweep and loses nothing', async () => {
  await bench.worker('node-patient', 4);
  await start('patient', sharedBaseSpec(6, { steps: 100, stepMs: 20 }, 'o'));
  await until('work has begun', () => stepsOf('o-finetune-0') > 2);
  bench.store.unreachable = true;
  const missed = bench.store.missed;
  await until('writes have waited for it several times', () => bench.store.missed >= missed + 5);
  bench.store.unreachable = false;
  assert.deepEqual(await bench.result('patient'), { state: 'finished', finished: 6, failed: 0 });
  assertRecorded('o', 6, 100);
});

test('an extension that loses cells is refused, also where it would lose those of another one made at the same moment', async () => {
  const of = (...names: readonly string[]): ScriptedSpec => ({
    trials: names.map((name) => [{ name: `x-${name}`, steps: 1, stepMs: 1 }]),
  });
  const file = (spec: ScriptedSpec): SweepFile => ({
    ...{ name: 'extended', spec, specHash: JSON.stringify(spec), cells: spec.trials.length },
    ...{ priority: 3, weight: 1, width: null },
  });
  await bench.worker('node-extended', 2);
  await start('extended', of('a', 'b'));
  await bench.result('extended');
  await assert.rejects(bench.commands.extend(file(of('a', 'c'))), /CONFLICT.*start this file under another name/);
  assert.equal((await bench.store.sweepByName('extended'))?.revision, 1);
  const both = await Promise.allSettled(
    [of('a', 'b', 'c'), of('a', 'b', 'd')].map((spec) => bench.commands.extend(file(spec))),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal((await bench.store.sweepByName('extended'))?.revision, 2);

  const known = (await bench.store.sweepByName('extended'))?.spec as ScriptedSpec;
  const reordered = { trials: known.trials.toReversed() };
  assert.equal(await bench.commands.startSweep(file(reordered)), 'already_known', 'other words for the same cells');
  await assert.rejects(bench.commands.startSweep(file(of('a'))), /CONFLICT.*under another name/);
  const more = { trials: [...known.trials, ...of('e').trials] };
  await assert.rejects(bench.commands.startSweep(file(more)), /CONFLICT.*lsweep extend/);
  await until('it is closed', async () => (await bench.commands.describe('extended')).kind === 'closed');
});

test('cells of one engine version are not mixed with those of another', async () => {
  await bench.worker('node-upgraded', 1);
  await start('upgraded', { trials: [[{ name: 'old-engine', steps: 1, stepMs: 1 }]] });
  await bench.result('upgraded');
  const row = await bench.store.sweepByName('upgraded');
  assert.ok(row !== null);
  // the file means another trial now
  bench.store.sweeps.set(row.sweepId, { ...row, spec: { trials: [[{ name: 'new-engine', steps: 1, stepMs: 1 }]] } });
  await bench.commands.retryFailed('upgraded');
  await until('it is closed', async () => (await bench.commands.describe('upgraded')).kind === 'closed');
  const ended = await bench.commands.describe('upgraded');
  assert.ok(ended.kind === 'closed' && ended.how === 'failed');
  assert.match(ended.reason ?? '', /1 of the 1 cells of sweep upgraded are not what its file means now/);
  assert.equal((await bench.store.sweepTrialKeys(row.sweepId)).size, 1);
});

test('a sweep that is told of open cells which no batch finds ends with their numbers instead of asking for ever', async () => {
  await bench.worker('node-contradicted', 2);
  await start('contradicted', sharedBaseSpec(2, { steps: 1, stepMs: 1 }, 'contradicted'));
  await bench.result('contradicted');
  const { store } = bench;
  const known = await store.sweepByName('contradicted');
  const answer = store.nextOpenRange.bind(store);
  store.nextOpenRange = async (sweepId, size, running) => {
    if (sweepId !== known?.sweepId) return await answer(sweepId, size, running);
    return running.length === 0 ? { from: 0, to: 2 } : null;
  };
  await start('contradicted', sharedBaseSpec(2, { steps: 1, stepMs: 1 }, 'contradicted'));
  await until('it ends', async () => (await bench.commands.describe('contradicted')).kind === 'closed');
  const ended = await bench.commands.describe('contradicted');
  assert.ok(ended.kind === 'closed' && ended.how === 'failed');
  assert.match(ended.reason ?? '', /cells of \[0, 2\) are open, and 3 batches in a row found none/);
});

function stepsOf(name: string): number {
  return bench.store.phases.get(keyOf(name))?.metrics.size ?? 0;
}
function runningOf(prefix: string): number {
  return [...bench.workers]
    .flatMap((one) => [...one.attempts.values()])
    .filter((one) => one.running && isOf(one.key, prefix)).length;
}
function isOf(key: string, prefix: string): boolean {
  return Array.from({ length: 20 }, (_, i) => keyOf(`${prefix}finetune-${i}`)).includes(key);
}
