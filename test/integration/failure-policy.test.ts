// Retries, quarantine and placement through real Temporal, gRPC and Postgres: what attempts failed of, what followed, and what is recorded.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyOf, type ScriptedPhase, type ScriptedSpec } from './scripted-sweep.ts';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { until } from './until.ts';

let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];

before(async () => {
  ({ fixture, bench, close } = await openStoreBench());
  await bench.orchestrator();
  await bench.worker('node-steady', 3);
});
after(() => close());

const failing = (name: string, code: string, failure: string, failures: number): ScriptedPhase => ({
  ...{ name, steps: 6, stepMs: 5 },
  failAt: { step: 3, code, failure, failures },
});
const ofOne = (phase: ScriptedPhase, more: Partial<ScriptedSpec> = {}): ScriptedSpec => ({
  ...more,
  trials: [[phase]],
});

type AttemptRow = { attempt: number; failure: string | null; resume_step: number; overrides: object };
const attemptsOf = (name: string): Promise<AttemptRow[]> =>
  fixture.rows('select attempt, failure, resume_step, overrides from study.attempts where phase_key = $1 order by 1', [
    keyOf(name),
  ]);
const decisionsOf = async (name: string): Promise<string[]> => {
  const rows = await fixture.rows<{ decision: string }>(
    'select decision from study.decisions where phase_key = $1 order by decision_id',
    [keyOf(name)],
  );
  return rows.map((row) => row.decision);
};

/** Waits until the fleet is these nodes: one that died is offered work until its lease ends. */
const connectedAre = (...names: readonly string[]): Promise<void> =>
  until(`${names.join(' and ')} and no other is connected`, async () => {
    const rows = await fixture.rows<{ node: string }>('select node from study.nodes where connected order by node');
    return rows.map((row) => row.node).join() === names.join();
  });

test('out of memory halves what is computed at a time, goes on from the checkpoint, and stays under the same phase key', async () => {
  await bench.start('memory', ofOne(failing('m-oom', 'OUT_OF_MEMORY', 'out_of_memory', 2), { retries: fast() }));
  assert.deepEqual(await bench.result('memory'), { state: 'finished', finished: 1, failed: 0 });
  assert.deepEqual(await attemptsOf('m-oom'), [
    { attempt: 1, failure: 'out_of_memory', resume_step: 0, overrides: {} },
    { attempt: 2, failure: 'out_of_memory', resume_step: 2, overrides: { microbatch: 16 } },
    { attempt: 3, failure: null, resume_step: 2, overrides: { microbatch: 8 } },
  ]);
  assert.deepEqual(await decisionsOf('m-oom'), [
    ...['placed', 'retry', 'microbatch_halved'],
    ...['placed', 'retry', 'microbatch_halved', 'placed'],
  ]);
  const told = bench.workers.flatMap((one) => [...one.attempts.values()]).find((one) => one.key === keyOf('m-oom'));
  assert.equal(told?.overrides?.microbatch, 8, 'the node was told');
});

test('a NaN ends the phase, keeps its last checkpoint, and is retried only as the sweep asks', async () => {
  const nan = (name: string): ScriptedPhase => failing(name, 'NAN_LOSS', 'nan_loss', 2);
  await bench.start('nan-fail', ofOne(nan('n-fail')));
  await bench.start('nan-order', ofOne(nan('n-order'), { retries: { onNan: 'reorder' } }));
  await bench.start('nan-rate', ofOne(nan('n-rate'), { retries: { onNan: { lowerRate: 0.5 } } }));
  assert.deepEqual(await bench.result('nan-fail'), { state: 'finished', finished: 0, failed: 1 });
  assert.deepEqual(await bench.result('nan-order'), { state: 'finished', finished: 1, failed: 0 });
  assert.deepEqual(await bench.result('nan-rate'), { state: 'finished', finished: 1, failed: 0 });
  const overrides = async (name: string): Promise<object[]> => (await attemptsOf(name)).map((row) => row.overrides);
  assert.deepEqual(await overrides('n-fail'), [{}]);
  assert.deepEqual(await overrides('n-order'), [{}, { dataOrder: 1 }, { dataOrder: 2 }]);
  assert.deepEqual(await overrides('n-rate'), [{}, { rateFactor: 0.5 }, { rateFactor: 0.25 }]);
  assert.deepEqual(await decisionsOf('n-fail'), ['placed', 'given_up']);
  const kept = await fixture.rows(
    'select max(step) as step from checkpoints c join phases p using (phase_id) where phase_key = $1',
    [keyOf('n-fail')],
  );
  assert.deepEqual(kept, [{ step: 2 }]);
});

test('a poisonous config stops after the budget of its sweep and touches no other trial', async () => {
  const poison = failing('p-poison', 'TRAINER_CRASHED', 'worker_crash', 100);
  const retries = { worker_crash: { attempts: 3, backoffMs: 10, maxBackoffMs: 20 } };
  const others = Array.from({ length: 6 }, (_, i) => [{ name: `p-good-${i}`, steps: 4, stepMs: 5 }]);
  await bench.start('poison', { retries, trials: [[poison], ...others] });
  assert.deepEqual(await bench.result('poison'), { state: 'finished', finished: 6, failed: 1 });
  assert.equal((await attemptsOf('p-poison')).length, 3);
  for (let i = 0; i < 6; i++) assert.equal((await attemptsOf(`p-good-${i}`)).length, 1);
  const reason = await fixture.rows<{ reason: string }>(
    "select reason from study.decisions where phase_key = $1 and decision = 'given_up'",
    [keyOf('p-poison')],
  );
  assert.deepEqual(reason, [{ reason: 'worker_crash: given up after 3 of 3 attempts of this class' }]);
});

test('a sick node is quarantined, gets no work but a canary, and returns when that succeeds; nobody pays for its failures', async () => {
  const sick = await bench.worker('node-sick', 3);
  sick.sick = true;
  const trials = Array.from({ length: 30 }, (_, i) => [{ name: `s-${i}`, steps: 5, stepMs: 20 }]);
  // one failure of this class would be one too many, were it counted
  await bench.start('sick', { retries: { worker_crash: { attempts: 2, backoffMs: 10, maxBackoffMs: 10 } }, trials });
  const isQuarantined = async (): Promise<boolean> =>
    (await fixture.rows("select 1 from study.nodes where node = 'node-sick' and quarantined")).length === 1;
  await until('it is in quarantine', isQuarantined);
  assert.deepEqual(await bench.result('sick'), { state: 'finished', finished: 30, failed: 0 });
  const [event] = await fixture.rows<{ reason: string }>(
    "select reason from study.decisions where node = 'node-sick' and decision = 'quarantined'",
  );
  assert.match(event?.reason ?? '', /\d+ phases failed here \(worker_crash\) and went on elsewhere/);

  sick.sick = false;
  const more = Array.from({ length: 60 }, (_, i) => [{ name: `t-${i}`, steps: 5, stepMs: 30 }]);
  await bench.start('healthy', { trials: more });
  await until('it is trusted again', async () => !(await isQuarantined()));
  assert.deepEqual(await bench.result('healthy'), { state: 'finished', finished: 60, failed: 0 });
  const canaries = await fixture.rows(
    "select 1 from study.decisions where node = 'node-sick' and decision = 'placed' and reason like '%as its canary'",
  );
  assert.ok(canaries.length >= 1);
  await sick.die();
});

test('a phase goes on where its checkpoint is, unless it failed there', async (t) => {
  const other = await bench.worker('node-other', 3);
  t.after(() => other.die());
  await connectedAre('node-other', 'node-steady');
  const nodes = async ({ name }: ScriptedPhase): Promise<string[]> => {
    const ofPhase = 'select node from study.attempts where phase_key = $1 order by attempt';
    return (await fixture.rows<{ node: string }>(ofPhase, [keyOf(name)])).map((row) => row.node);
  };
  const four = (name: string, ...fails: [code: string, failure: string]): ScriptedPhase[] =>
    Array.from({ length: 4 }, (_, i) => failing(`${name}-${i}`, ...fails, 1));

  // two on each node: where a phase failed a slot is always free; crashes come later, for they can put a node into quarantine
  const moved = four('c-nan', 'NAN_LOSS', 'nan_loss');
  await bench.start('reordered', { retries: { onNan: 'reorder', ...fast() }, trials: moved.map((phase) => [phase]) });
  assert.deepEqual(await bench.result('reordered'), { state: 'finished', finished: 4, failed: 0 });
  for (const phase of moved) {
    const [first, second, ...more] = await nodes(phase);
    assert.deepEqual([second, more], [first, []], `${phase.name} left the node that has its checkpoint`);
  }

  const crashed = four('c-crash', 'TRAINER_CRASHED', 'worker_crash');
  await bench.start('crashed', { retries: fast(), trials: crashed.map((phase) => [phase]) });
  assert.deepEqual(await bench.result('crashed'), { state: 'finished', finished: 4, failed: 0 });
  for (const phase of crashed) {
    const [first, second] = await nodes(phase);
    assert.notEqual(first, second, `${phase.name} ran again where it had crashed`);
  }
});

test('a phase that fits no slot says what it waits for, keeps nobody from the slots, and runs when a node that fits joins', async () => {
  const large = { name: 'f-large', steps: 3, stepMs: 5 };
  const small = Array.from({ length: 6 }, (_, i) => [{ name: `f-small-${i}`, steps: 3, stepMs: 5 }]);
  await bench.worker('node-small', 1, undefined, 2e9);
  for (const one of bench.workers) if (one.nodeId === 'node-steady') await one.die();
  await connectedAre('node-small');
  await bench.start('large', { resources: { memoryMb: 4_000 }, trials: [[large]] });
  const waits = (): Promise<{ waits_for: string | null }[]> =>
    fixture.rows("select waits_for from study.phases where sweep = 'large'");
  await until('it says what it waits for', async () => ((await waits())[0]?.waits_for ?? null) !== null);
  assert.deepEqual(await waits(), [
    { waits_for: 'waits for a slot with at least 4.00 GB: none of node-small has one' },
  ]);
  await bench.start('small', { trials: small });
  assert.deepEqual(await bench.result('small'), { state: 'finished', finished: 6, failed: 0 });
  await bench.worker('node-large', 1, undefined, 8e9);
  assert.deepEqual(await bench.result('large'), { state: 'finished', finished: 1, failed: 0 });
  assert.deepEqual(await waits(), [{ waits_for: null }]);
  assert.deepEqual(await fixture.rows('select node from study.attempts where phase_key = $1', [keyOf('f-large')]), [
    { node: 'node-large' },
  ]);
});

function fast(): NonNullable<ScriptedSpec['retries']> {
  const soon = { backoffMs: 10, maxBackoffMs: 20 };
  return { out_of_memory: soon, worker_crash: soon, nan_loss: soon };
}

test('a node that cannot start trainers is quarantined though nothing went on elsewhere, and no trial fails of it', async () => {
  for (const one of bench.workers) await one.die();
  await bench.worker('node-lame', 3);
  await connectedAre('node-lame');
  const lame = ['l-0', 'l-1', 'l-2'].map((name) => failing(name, 'TRAINER_NOT_STARTED', 'trainer_start', 2));
  const retries = { trainer_start: { attempts: 10, backoffMs: 10, maxBackoffMs: 10 }, worker_crash: { attempts: 1 } };
  await bench.start('lame', { retries, trials: lame.map((phase) => [phase]) });
  assert.deepEqual(await bench.result('lame'), { state: 'finished', finished: 3, failed: 0 });
  const [event] = await fixture.rows<{ reason: string }>(
    "select reason from study.decisions where node = 'node-lame' and decision = 'quarantined'",
  );
  assert.match(event?.reason ?? '', /no trainer could be started for its last \d+ attempts/);
});
