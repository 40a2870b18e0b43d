// Ten seconds without any orchestrator, longer than every lease and heartbeat of this bench. How long failures cost with the times that real fleets
// have, and five minutes of outage, are measured by `npm run test:chaos -- --failover`.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FailoverBench, openFailoverBench } from './failover-bench.ts';
import { keyOf, sharedBaseSpec } from './scripted-sweep.ts';
import { until } from './until.ts';

const OUTAGE_MS = 10_000;
const STEP_MS = 50;
const STEPS = OUTAGE_MS / STEP_MS + 100;

let fleet: FailoverBench;
before(async () => {
  fleet = await openFailoverBench('test', { heartbeatTimeoutMs: 4_000 });
});
after(() => fleet.close());

test('no orchestrator for a while: no running trial stops or repeats work', { timeout: 180_000 }, async (t) => {
  const [registry] = fleet.registries;
  const replica = await fleet.orchestrator(registry);
  const node = await fleet.node('node-alone', 4, 200);
  await fleet.bench.start('alone', sharedBaseSpec(2, { steps: STEPS, stepMs: STEP_MS }, 'c'));
  const run = (): boolean => [0, 1].every((i) => fleet.committed(`c-finetune-${i}`) > 2);
  await until('both finetunes run', run, 60_000);
  const before = node.stepsDone;
  await fleet.kill(replica);
  const startMs = performance.now();
  await until('the outage is over', () => performance.now() - startMs > OUTAGE_MS, OUTAGE_MS + 30_000);
  const meanwhile = node.stepsDone - before;
  assert.ok(meanwhile > OUTAGE_MS / STEP_MS, `two phases did ${meanwhile} steps meanwhile`);
  await fleet.orchestrator(registry);
  assert.deepEqual(await fleet.bench.result('alone'), { state: 'finished', finished: 2, failed: 0 });
  for (const i of [0, 1]) {
    const phase = fleet.bench.store.phase(keyOf(`c-finetune-${i}`));
    assert.deepEqual([phase.attempts.length, phase.completions, phase.metrics.size], [1, 1, STEPS]);
  }
  assert.equal(node.stepsDone, 2 * STEPS + 3, 'no step was done twice');
  t.diagnostic(`${meanwhile} steps were done without an orchestrator in ${OUTAGE_MS} ms, none twice`);
});
