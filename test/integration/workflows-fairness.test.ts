// Order of dispatch, read off the placements: weights between sweeps, and cells that finish one by one inside a sweep.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyOf, type ScriptedPhase, type ScriptedSpec } from './scripted-sweep.ts';
import type { ScriptedWorker } from './scripted-worker.ts';
import { until } from './until.ts';
import { type Bench, openBench } from './workflows-bench.ts';

let bench: Bench;
before(async () => {
  bench = await openBench();
  await bench.orchestrator();
});
after(() => bench.close());

const phase = (name: string): ScriptedPhase => ({ name, steps: 1, stepMs: 10 });

async function start(name: string, spec: ScriptedSpec, weight: number): Promise<void> {
  const cells = spec.trials.length;
  await bench.commands.startSweep({
    ...{ name, spec, specHash: JSON.stringify(spec), cells, priority: 3, weight, width: null },
  });
  await until(
    `all first phases of ${name} wait for a slot`,
    async () => {
      const handle = bench.client.workflow.getHandle(`batch/${name}/0-${cells}`);
      const described = await handle.describe().catch(() => null);
      return (described?.raw.pendingActivities?.length ?? 0) >= cells;
    },
    60_000,
  );
}

const names = new Map<string, string>();
const placed = (): string[] =>
  bench.store.decisions.filter((one) => one.kind === 'placed').map((one) => names.get(one.phaseKey ?? '') ?? '');
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
  const heavy = placed()
    .slice(0, 40)
    .filter((name) => name.startsWith('heavy')).length;
  assert.ok(heavy >= 27 && heavy <= 33, `${heavy} of the first 40 went to weight 3`);
  assert.equal(worker.started, 2 * count);
});

test('a trial that is nearly done goes before new ones of its sweep, and takes nothing from another sweep', async () => {
  const before = placed().length;
  await worker.die();
  const trials = (prefix: string) =>
    spec(Array.from({ length: 20 }, (_, i) => [phase(`${prefix}-train-${i}`), phase(`${prefix}-end-${i}`)]));
  await start('deep', trials('deep'), 1);
  await start('twin', trials('twin'), 1);
  await bench.worker('node-next', 2);
  await Promise.all([bench.result('deep'), bench.result('twin')]);
  const order = placed().slice(before);
  const half = order.slice(0, 40);
  const ends = half.filter((name) => name.includes('-end-')).length;
  assert.ok(ends >= 15, `${ends} of the first 40 placements ended a trial`);
  const deep = half.filter((name) => name.startsWith('deep')).length;
  assert.ok(deep >= 15 && deep <= 25, `${deep} of the first 40 belonged to one of two equal sweeps`);
});
