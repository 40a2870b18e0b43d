import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Bench, openBench } from './workflows-bench.ts';
import { keyOf, sharedBaseSpec } from './scripted-sweep.ts';
import { lossOf } from './scripted-worker.ts';

let bench: Bench;
before(async () => {
  bench = await openBench();
  await bench.orchestrator();
});
after(() => bench.close());

test('a sweep runs every phase once, shared ones too, and records every step', async () => {
  const worker = await bench.worker('node-a', 4);
  await bench.start('first', sharedBaseSpec(20, { steps: 4, stepMs: 10 }));
  const summary = await bench.result('first');
  assert.deepEqual(summary, { state: 'finished', finished: 20, failed: 0 });
  assert.equal(bench.store.phases.size, 21);
  for (const [key, phase] of bench.store.phases) {
    assert.equal(phase.completions, 1);
    assert.equal(phase.attempts.length, 1);
    assert.equal(phase.metrics.get('loss_nats@3'), lossOf(key, 3));
  }
  assert.equal(worker.started, 21);
  assert.equal(worker.stepsDone, 20 * 4 + 3);
});
