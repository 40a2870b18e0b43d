// Ten seconds without any orchestrator, longer than every lease and heartbeat of this bench. How long failures cost with the times that real fleets
// have, and five minutes of outage, are measured by `npm run test:chaos -- --failover`.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FailoverBench, openFailoverBench } from './failover-bench.ts';
import { assertRecorded, phaseOf, stepsOf } from './phases-on-record.ts';
import { sharedBaseSpec } from './scripted-sweep.ts';
import { until } from './until.ts';

const OUTAGE_MS = 10_000;
const STEP_MS = 50;
/** What is left lets the slowest machine see both phases run before the outage. */
const STEPS = OUTAGE_MS / STEP_MS + 200;

let fleet: FailoverBench;
before(async () => {
  fleet = await openFailoverBench('test', { heartbeatTimeoutMs: 4_000 });
});
after(() => fleet.close());

test('no orchestrator for a while: no running trial stops or repeats work', { timeout: 600_000 }, async (t) => {
  const { fixture, bench, registries } = fleet;
  const [registry] = registries;
  const replica = await fleet.orchestrator(registry);
  const node = await fleet.node('node-alone', 4, 200);
  const spec = sharedBaseSpec(2, { steps: STEPS, stepMs: STEP_MS }, 'c');
  await bench.start('alone', spec);
  for (const i of [0, 1])
    await until('both finetunes run', async () => (await stepsOf(fixture, `c-finetune-${i}`)) > 2);
  await fleet.kill(replica);
  const before = node.stepsDone;
  // a lease and a heartbeat must run out, which nothing but time can do; the condition is the work that two trainers do in it
  await until('the outage is over', () => node.stepsDone - before >= (2 * OUTAGE_MS) / STEP_MS);
  assert.equal(node.running(), 2, 'both go on');
  await fleet.orchestrator(registry);
  assert.deepEqual(await bench.result('alone'), { state: 'finished', finished: 2, failed: 0 });
  await assertRecorded(fixture, spec);
  for (const i of [0, 1]) assert.equal((await phaseOf(fixture, `c-finetune-${i}`)).attempts.length, 1);
  assert.equal(node.stepsDone, 2 * STEPS + 3, 'no step was done twice');
  t.diagnostic(`${(2 * OUTAGE_MS) / STEP_MS} steps were done without an orchestrator, none twice`);
});
