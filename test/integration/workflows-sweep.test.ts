import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { NewSweep } from '../../services/store/types.ts';
import { assertRecorded, cellStates, everyPhase, phaseOf, stateOf, stepsOf } from './phases-on-record.ts';
import { keyOf, type ScriptedSpec, sharedBaseSpec } from './scripted-sweep.ts';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { until } from './until.ts';

let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];
before(async () => {
  ({ fixture, bench, close } = await openStoreBench());
  await bench.orchestrator();
});
after(() => close());

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

test('a sweep runs every phase once, shared ones too, and ends in the tables', async () => {
  const worker = await bench.worker('node-a', 4);
  const spec = sharedBaseSpec(20, { steps: 4, stepMs: 10 });
  await start('first', spec);
  assert.deepEqual(await bench.result('first'), { state: 'finished', finished: 20, failed: 0 });
  await assertRecorded(fixture, spec);
  assert.deepEqual(await cellStates(fixture, 'first'), { finished: 20 });
  const phases = (await everyPhase(fixture)).filter(({ phase_key }) => worker.attempts.has(phase_key));
  assert.equal(phases.length, 21);
  for (const { attempts } of phases) assert.equal(attempts.length, 1);
  assert.equal(worker.started, 21);
  assert.equal(worker.stepsDone, 20 * 4 + 3);
});

test('pause frees the slots, resume goes on at the same step, extend meanwhile adds only the new cells', async () => {
  const worker = await bench.worker('node-pause', 4);
  const spec = sharedBaseSpec(12, { steps: 60, stepMs: 40 }, 'p');
  await start('paused', spec);
  await until('work has begun', () => worker.running() === 4);
  await bench.commands.pause('paused');
  await bench.commands.pause('paused');
  await until('every slot is free', () => worker.running() === 0);
  await until('it is paused', async () => (await bench.store.sweepByName('paused'))?.state === 'paused');
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
  await assertRecorded(fixture, longer);
});

test('cancel stops what runs with a checkpoint and gives the claims to another sweep that shares them', async () => {
  await bench.worker('node-cancel', 4);
  await start('cancelled', sharedBaseSpec(6, { steps: 200, stepMs: 30 }, 'c'));
  await until('work has begun', async () => (await stepsOf(fixture, 'c-finetune-0')) > 2);
  const heir = sharedBaseSpec(1, { steps: 200, stepMs: 30 }, 'c');
  await start('heir', heir);
  const stateOfHeir = async (): Promise<string | undefined> => (await bench.store.sweepByName('heir'))?.state;
  await until('the heir has planned its cells', async () => (await stateOfHeir()) === 'running');
  await bench.commands.cancel('cancelled');
  assert.deepEqual(await bench.result('cancelled'), { state: 'cancelled', finished: 0, failed: 0 });
  const before = await stepsOf(fixture, 'c-finetune-0');
  assert.deepEqual(await bench.result('heir'), { state: 'finished', finished: 1, failed: 0 });
  assert.ok(before > 2);
  await assertRecorded(fixture, heir);
  assert.deepEqual(
    [await cellStates(fixture, 'cancelled'), await cellStates(fixture, 'heir')],
    [{ cancelled: 6 }, { finished: 1 }],
  );
  const phase = await fixture.rows('select step from study.phases where sweep = $1 and position = 1', ['heir']);
  assert.deepEqual(phase, [{ step: 200 }]);
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
  const attempts = (...names: readonly string[]): Promise<number[]> =>
    Promise.all(names.map(async (name) => (await phaseOf(fixture, name)).attempts.length));
  assert.deepEqual(await attempts('f-code', 'f-nan', 'f-crash', 'f-good'), [2, 1, 4, 1]);
  const failed = "select cell, failure from study.cells where sweep = 'failing' and state = 'failed' order by cell";
  assert.deepEqual(await fixture.rows(failed), [
    { cell: 0, failure: 'code_error' },
    { cell: 1, failure: 'nan_loss' },
  ]);

  assert.equal(await bench.commands.retryFailed('failing'), 2);
  // the script fails only the first attempts
  await until('the sweep is closed again', async () => (await bench.commands.describe('failing')).kind === 'closed');
  assert.deepEqual(await attempts('f-code', 'f-nan', 'f-crash'), [3, 2, 4]);
  assert.deepEqual(await bench.result('failing'), { state: 'finished', finished: 4, failed: 0 });
  assert.deepEqual(await bench.commands.describe('failing'), { kind: 'closed', how: 'completed', reason: null });
  assert.deepEqual(await cellStates(fixture, 'failing'), { finished: 4 });
  const listed = await fixture.rows(
    "select attempt, forgiven, phase_state from study.failures where sweep = 'failing' and failure = 'nan_loss'",
  );
  assert.deepEqual(listed, [{ attempt: 1, forgiven: true, phase_state: 'finished' }]);
});

test('width bounds the phases that run, and bad settings are refused with the value', async () => {
  await bench.worker('node-narrow', 4);
  const spec = sharedBaseSpec(10, { steps: 150, stepMs: 20 }, 'w');
  await start('narrow', spec);
  await bench.commands.set('narrow', { width: 2 });
  await until('the base is done', async () => (await stateOf(fixture, 'w-base')) === 'finished');
  await until('only two run', () => runningOf('w-') === 2);
  await assert.rejects(bench.commands.set('narrow', { priority: 9 }), /SPEC_INVALID.*priority is 9/);
  await bench.commands.set('narrow', { width: null });
  await until('all slots are used', () => runningOf('w-') > 2);
  await bench.result('narrow');
  await assertRecorded(fixture, spec);
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
  await assertRecorded(fixture, spec);
  assert.equal(worker.started, 4);
});

test('a node that dies loses its attempts to another, which goes on from the last committed step', async () => {
  const doomed = await bench.worker('node-doomed', 4);
  await bench.worker('node-heir', 4);
  const spec = sharedBaseSpec(10, { steps: 60, stepMs: 30 }, 'd');
  await start('bereft', spec);
  await until('the doomed node works', () => doomed.running() >= 2 && doomed.stepsDone > 10);
  await doomed.die();
  assert.deepEqual(await bench.result('bereft'), { state: 'finished', finished: 10, failed: 0 });
  await assertRecorded(fixture, spec);
  const lost = (await everyPhase(fixture))
    .filter(({ phase_key }) => doomed.attempts.has(phase_key))
    .flatMap(({ attempts }) => attempts.filter(({ failure }) => failure === 'node_lost'));
  assert.ok(lost.length >= 2);
});

test('an extension that loses cells is refused, also where it would lose those of another one made at the same moment', async () => {
  const of = (...names: readonly string[]): ScriptedSpec => ({
    trials: names.map((name) => [{ name: `x-${name}`, steps: 1, stepMs: 1 }]),
  });
  const file = (spec: ScriptedSpec): NewSweep => ({
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
  const meant: ScriptedSpec = { trials: [[{ name: 'new-engine', steps: 1, stepMs: 1 }]] };
  await fixture.rows('update sweeps set spec = $2 where sweep_id = $1', [row.sweepId, meant]);
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

function runningOf(prefix: string): number {
  return [...bench.workers]
    .flatMap((one) => [...one.attempts.values()])
    .filter((one) => one.running && isOf(one.key, prefix)).length;
}
function isOf(key: string, prefix: string): boolean {
  return Array.from({ length: 20 }, (_, i) => keyOf(`${prefix}finetune-${i}`)).includes(key);
}
