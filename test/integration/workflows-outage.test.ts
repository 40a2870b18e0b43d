// Sweeps whose Postgres goes away under them, with pauses, extensions and nodes that die beside it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertRecorded, cellStates, stepsOf } from './phases-on-record.ts';
import type { PostgresServer } from './postgres.ts';
import { sharedBaseSpec } from './scripted-sweep.ts';
import { openOutageBench, type StoreBench } from './store-bench.ts';
import { until } from './until.ts';

let server: PostgresServer;
let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];
before(async () => {
  ({ server, fixture, bench, close } = await openOutageBench());
  await bench.orchestrator();
  await bench.worker('node-one', 4);
});
after(() => close());

test('pause, a node that dies, an extension and Postgres restarting leave the record of an undisturbed run', async () => {
  const spec = sharedBaseSpec(10, { steps: 40, stepMs: 30 }, 'r');
  await bench.start('rough', spec);
  const running = async (): Promise<number> => (await cellStates(fixture, 'rough'))['running'] ?? 0;
  await until(
    'work has begun',
    async () => (await running()) > 0 && (await cellStates(fixture, 'rough'))['planned'] !== 10,
  );
  await bench.commands.pause('rough');
  await until('all is paused', async () => (await cellStates(fixture, 'rough'))['paused'] !== undefined);
  await until(
    'no attempt is open',
    async () => (await fixture.rows("select 1 from attempts where state = 'open'")).length === 0,
  );
  const longer = sharedBaseSpec(12, { steps: 40, stepMs: 30 }, 'r');
  const file = {
    name: 'rough',
    spec: longer,
    specHash: JSON.stringify(longer),
    cells: 12,
    priority: 3,
    weight: 1,
    width: null,
  };
  assert.deepEqual(await bench.commands.extend(file), { revision: 2 });
  const doomed = await bench.worker('node-doomed', 4);
  await bench.commands.resume('rough');
  await until('the doomed node works', () => doomed.running() >= 2 && doomed.stepsDone > 10);
  await doomed.die();
  await until(
    'its loss is recorded',
    async () =>
      (await fixture.rows("select 1 from study.failures where sweep = 'rough' and failure = 'node_lost'")).length >= 2,
  );
  await server.stop();
  await server.start();
  assert.deepEqual(await bench.result('rough'), { state: 'finished', finished: 12, failed: 0 });
  await assertRecorded(fixture, longer);
  assert.deepEqual(await cellStates(fixture, 'rough'), { finished: 12 });
});

test('Postgres away for a moment delays a sweep and loses nothing', async () => {
  const spec = sharedBaseSpec(6, { steps: 100, stepMs: 20 }, 'o');
  await bench.start('patient', spec);
  await until('work has begun', async () => (await stepsOf(fixture, 'o-finetune-0')) > 2);
  const { store } = fixture;
  const commit = store.commitSegments.bind(store);
  let missed = 0;
  store.commitSegments = async (commits) => {
    try {
      return await commit(commits);
    } catch (error) {
      missed += 1;
      throw error;
    }
  };
  await server.stop();
  await until('writes have waited for it several times', () => missed >= 3);
  await server.start();
  assert.deepEqual(await bench.result('patient'), { state: 'finished', finished: 6, failed: 0 });
  await assertRecorded(fixture, spec);
});
