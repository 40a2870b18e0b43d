import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sweepWorkflowId } from '../../workflows/domain/workflow-ids.ts';
import { assertRecorded, stateOf } from './phases-on-record.ts';
import { sharedBaseSpec } from './scripted-sweep.ts';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { until } from './until.ts';

let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];
before(async () => {
  // a history is "long" after 60 events here, after 4,096 on a real server
  ({ fixture, bench, close } = await openStoreBench({
    flags: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60'],
    batchSize: 5,
  }));
  await bench.orchestrator();
});
after(() => close());

test('a sweep with more batches than a history holds continues as new and loses or repeats nothing', async () => {
  const worker = await bench.worker('node-long', 8);
  const spec = sharedBaseSpec(100, { steps: 2, stepMs: 5 }, 'l');
  await bench.start('long', spec);
  await bench.commands.set('long', { priority: 2 });
  assert.deepEqual(await bench.result('long'), { state: 'finished', finished: 100, failed: 0 });
  let runs = 0;
  for await (const one of bench.client.workflow.list({ query: `WorkflowId = '${sweepWorkflowId('long')}'` })) {
    runs += 1;
    assert.ok(one.historyLength < 200, `${one.historyLength} events in one run`);
  }
  assert.ok(runs > 2, `${runs} runs`);
  assert.equal(worker.started, 101);
  await assertRecorded(fixture, spec);
});

test('a pause survives continue-as-new', async () => {
  const spec = sharedBaseSpec(60, { steps: 4, stepMs: 20 }, 'lp');
  await bench.start('long-paused', spec);
  await until('it has gone on some way', async () => (await stateOf(fixture, 'lp-finetune-30')) === 'finished');
  await bench.commands.pause('long-paused');
  const worker = bench.workers[0];
  await until('nothing runs', () => worker?.running() === 0);
  const described = await bench.commands.describe('long-paused');
  assert.ok(described.kind === 'running' && described.status.paused);
  await bench.commands.resume('long-paused');
  await bench.result('long-paused');
  await assertRecorded(fixture, spec);
});

test('two sweeps that overlap run what they share once, and both finish', async () => {
  const worker = bench.workers[0];
  assert.ok(worker !== undefined);
  const before = worker.started;
  const spec = sharedBaseSpec(8, { steps: 10, stepMs: 30 }, 'o');
  await Promise.all([bench.start('overlap-a', spec), bench.start('overlap-b', { trials: [...spec.trials].reverse() })]);
  const [a, b] = await Promise.all([bench.result('overlap-a'), bench.result('overlap-b')]);
  assert.deepEqual(a, { state: 'finished', finished: 8, failed: 0 });
  assert.deepEqual(b, a);
  assert.equal(worker.started - before, 9);
});
