// Sweeps through real Temporal, gRPC and Postgres: what the workflow tests show on a store in memory holds on the real one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PostgresServer } from './postgres.ts';
import { keyOf, sharedBaseSpec } from './scripted-sweep.ts';
import { lossOf } from './scripted-worker.ts';
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

async function states(sweep: string): Promise<Readonly<Record<string, number>>> {
  const rows = await fixture.rows<{ state: string; n: number }>(
    'select state, count(*)::int as n from study.cells where sweep = $1 group by state',
    [sweep],
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}

/** Every phase finished once, and its record is that of a run without any disturbance. */
async function assertRecorded(prefix: string, count: number, steps: number): Promise<void> {
  const names = [`${prefix}-base`, ...Array.from({ length: count }, (_, i) => `${prefix}-finetune-${i}`)];
  for (const name of names) {
    const key = keyOf(name);
    const rows = await fixture.rows<{ step: number; value: number }>(
      `select m.step, m.value from metrics m join phases using (phase_id) join metric_names n using (metric)
       where phase_key = $1 and n.name = 'loss_nats' order by step`,
      [key],
    );
    const total = name.endsWith('-base') ? 3 : steps;
    assert.deepEqual(
      rows,
      Array.from({ length: total }, (_, i) => ({ step: i + 1, value: lossOf(key, i + 1) })),
      name,
    );
    const ended = await fixture.rows("select attempt from study.attempts where phase_key = $1 and state = 'finished'", [
      key,
    ]);
    assert.equal(ended.length, 1, `${name} was finished ${ended.length} times`);
  }
}

test('a sweep runs every phase once, shared ones too, and ends in the tables', async () => {
  await bench.start('first', sharedBaseSpec(20, { steps: 4, stepMs: 10 }));
  assert.deepEqual(await bench.result('first'), { state: 'finished', finished: 20, failed: 0 });
  await assertRecorded('t', 20, 4);
  assert.deepEqual(await states('first'), { finished: 20 });
  const attempts = await fixture.rows<{ n: number }>('select count(*)::int as n from attempts');
  assert.deepEqual(attempts, [{ n: 21 }]);
});

test('pause, a node that dies, an extension and Postgres restarting leave the record of an undisturbed run', async () => {
  const spec = sharedBaseSpec(10, { steps: 40, stepMs: 30 }, 'r');
  await bench.start('rough', spec);
  const running = async (): Promise<number> => (await states('rough'))['running'] ?? 0;
  await until('work has begun', async () => (await running()) > 0 && (await states('rough'))['planned'] !== 10);
  await bench.commands.pause('rough');
  await until('all is paused', async () => (await states('rough'))['paused'] !== undefined);
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
  await assertRecorded('r', 12, 40);
  assert.deepEqual(await states('rough'), { finished: 12 });
});

test('cancel gives the claims to another sweep that shares them, and the cells of each sweep say how they ended', async () => {
  await bench.start('cancelled', sharedBaseSpec(4, { steps: 200, stepMs: 30 }, 'c'));
  await until(
    'work has begun',
    async () =>
      (
        await fixture.rows(
          "select 1 from study.running where sweep = 'cancelled' and committed_step > 2 and cells = '{0}'",
        )
      ).length > 0,
  );
  await bench.start('heir', { trials: [sharedBaseSpec(1, { steps: 200, stepMs: 30 }, 'c').trials[0] ?? []] });
  await until(
    'the heir has planned its cell',
    async () => (await fixture.store.sweepByName('heir'))?.state === 'running',
  );
  await bench.commands.cancel('cancelled');
  assert.deepEqual(await bench.result('cancelled'), { state: 'cancelled', finished: 0, failed: 0 });
  assert.deepEqual(await bench.result('heir'), { state: 'finished', finished: 1, failed: 0 });
  assert.deepEqual([await states('cancelled'), await states('heir')], [{ cancelled: 4 }, { finished: 1 }]);
  const phase = await fixture.rows('select step from study.phases where sweep = $1 and position = 1', ['heir']);
  assert.deepEqual(phase, [{ step: 200 }]);
});

test('a phase that fails for good fails its trial with the reason, and retry runs it again', async () => {
  const nan = { steps: 5, stepMs: 5, failAt: { step: 3, code: 'NAN_LOSS', failure: 'nan_loss', failures: 1 } };
  await bench.start('failing', { trials: [[{ name: 'f-nan', ...nan }], [{ name: 'f-good', steps: 2, stepMs: 5 }]] });
  assert.deepEqual(await bench.result('failing'), { state: 'finished', finished: 1, failed: 1 });
  const failed = await fixture.rows(
    "select cell, failure from study.cells where sweep = 'failing' and state = 'failed'",
  );
  assert.deepEqual(failed, [{ cell: 0, failure: 'nan_loss' }]);
  assert.equal(await bench.commands.retryFailed('failing'), 1);
  assert.deepEqual(await bench.result('failing'), { state: 'finished', finished: 2, failed: 0 });
  assert.deepEqual(await states('failing'), { finished: 2 });
  const listed = await fixture.rows(
    "select attempt, forgiven, phase_state from study.failures where sweep = 'failing'",
  );
  assert.deepEqual(listed, [{ attempt: 1, forgiven: true, phase_state: 'finished' }]);
});
