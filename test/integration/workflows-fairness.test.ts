// Order of dispatch, read off the placements: weights between sweeps, and cells that finish one by one inside a sweep.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyOf, type ScriptedPhase, type ScriptedSpec } from './scripted-sweep.ts';
import type { ScriptedWorker } from './scripted-worker.ts';
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

const phase = (name: string): ScriptedPhase => ({ name, steps: 1, stepMs: 10 });

async function start(name: string, spec: ScriptedSpec, weight: number, priority = 3): Promise<void> {
  const cells = spec.trials.length;
  await bench.commands.startSweep({
    ...{ name, spec, specHash: JSON.stringify(spec), cells, priority, weight, width: null },
  });
  await until(`all first phases of ${name} wait for a slot`, async () => (await waiting(name, cells)) >= cells);
}

/** PENDING_ACTIVITY_STATE_SCHEDULED of Temporal's API. */
const SCHEDULED = 1;

/** Phases of the sweep's only batch that no slot has been found for. */
async function waiting(name: string, cells: number): Promise<number> {
  const handle = bench.client.workflow.getHandle(`batch/${name}/0-${cells}`);
  const described = await handle.describe().catch(() => null);
  return described?.raw.pendingActivities?.filter(({ state }) => Number(state) === SCHEDULED).length ?? 0;
}

const names = new Map<string, string>();
/** Names of phases in the order of their placements. */
async function placed(): Promise<readonly string[]> {
  const rows = await fixture.rows<{ phase_key: string }>(
    "select phase_key from study.decisions where decision = 'placed' order by decision_id",
  );
  return rows.map(({ phase_key }) => names.get(phase_key) ?? '');
}
const spec = (trials: readonly (readonly ScriptedPhase[])[]): ScriptedSpec => {
  for (const one of trials.flat()) names.set(keyOf(one.name), one.name);
  return { trials };
};

let worker: ScriptedWorker;

test('two sweeps of one priority share the slots by their weights while both have work', async () => {
  const count = 40;
  const cells = (prefix: string) => spec(Array.from({ length: count }, (_, i) => [phase(`${prefix}-${i}`)]));
  await start('light', cells('light'), 1);
  await start('heavy', cells('heavy'), 3);
  worker = await bench.worker('node-fair', 2);
  await Promise.all([bench.result('light'), bench.result('heavy')]);
  const heavy = (await placed()).slice(0, 40).filter((name) => name.startsWith('heavy')).length;
  assert.ok(heavy >= 27 && heavy <= 33, `${heavy} of the first 40 went to weight 3`);
  assert.equal(worker.started, 2 * count);
});

test('a trial that is nearly done goes before new ones of its sweep, and takes nothing from another sweep', async () => {
  const before = (await placed()).length;
  await worker.die();
  const trials = (prefix: string) =>
    spec(Array.from({ length: 20 }, (_, i) => [phase(`${prefix}-train-${i}`), phase(`${prefix}-end-${i}`)]));
  await start('deep', trials('deep'), 1);
  await start('twin', trials('twin'), 1);
  await bench.worker('node-next', 2);
  await Promise.all([bench.result('deep'), bench.result('twin')]);
  const order = (await placed()).slice(before);
  const half = order.slice(0, 40);
  const ends = half.filter((name) => name.includes('-end-')).length;
  assert.ok(ends >= 15, `${ends} of the first 40 placements ended a trial`);
  const deep = half.filter((name) => name.startsWith('deep')).length;
  assert.ok(deep >= 15 && deep <= 25, `${deep} of the first 40 belonged to one of two equal sweeps`);
});

test('retries go before the backlog of their own sweep, and behind all of a sweep that is more important', async () => {
  await Promise.all(bench.workers.map((one) => one.die()));
  const [count, more] = [60, 12];
  const failAt = { step: 1, code: 'TRAINER_CRASHED', failure: 'worker_crash', failures: 1 } as const;
  const low = spec(Array.from({ length: count }, (_, i) => [{ ...phase(`low-${i}`), failAt }]));
  await start('low', { ...low, retries: { worker_crash: { attempts: 9, backoffMs: 20, maxBackoffMs: 40 } } }, 1, 5);
  const first = await bench.worker('node-first', 1);
  const tried = async (): Promise<readonly string[]> =>
    [...new Set(await placed())].filter((name) => name.startsWith('low-'));
  await until('one has failed', async () => (await tried()).length > 1);
  await first.die();
  await start('high', spec(Array.from({ length: more }, (_, i) => [phase(`high-${i}`)])), 1, 1);
  await until('all of the low one wait again', async () => (await waiting('low', count)) === count);
  const again = await tried();
  assert.ok(again.length < count / 2, `${again.length} of ${count} are retries`);

  const before = (await placed()).length;
  await bench.worker('node-second', 1);
  await bench.result('high');
  await until('the retries have had a slot', async () => (await placed()).length > before + more + again.length);
  const order = (await placed()).slice(before);
  const first12 = order.slice(0, more).filter((name) => !name.startsWith('high'));
  assert.deepEqual(first12, [], 'all of the more important sweep first');
  const next = new Set(order.slice(more, more + again.length + 1));
  assert.ok(
    again.every((name) => next.has(name)),
    `then the retries ${again.join(' ')}: ${[...next].join(' ')}`,
  );
  await bench.commands.cancel('low');
  await bench.result('low');
});
