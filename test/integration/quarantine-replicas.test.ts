// Quarantine with two orchestrators: the one that sees a phase succeed judges a node of the other, that one obeys, and whoever takes the node over
// obeys too. Real Temporal, gRPC and Postgres.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';

let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];

before(async () => {
  ({ fixture, bench, close } = await openStoreBench());
});
after(() => close());

const ownerOf = async (node: string): Promise<string | null> => {
  const [row] = await fixture.rows<{ owner: string | null }>('select owner from nodes where name = $1', [node]);
  return row?.owner ?? null;
};
const isQuarantined = async (): Promise<boolean> =>
  (await fixture.rows("select 1 from study.nodes where node = 'node-sick' and quarantined")).length === 1;
/** What was placed on the sick node after a decision. */
const placedAfter = (decisionId: number): Promise<{ decision_id: number; reason: string }[]> =>
  fixture.rows(
    `select decision_id, reason from study.decisions
     where node = 'node-sick' and decision = 'placed' and decision_id > $1 order by 1`,
    [decisionId],
  );
const lastDecision = async (): Promise<number> => {
  const [row] = await fixture.rows<{ id: number }>('select max(decision_id) as id from study.decisions');
  return row?.id ?? 0;
};

test('two orchestrators agree on a quarantine, and it outlives the one that owned the node', {
  timeout: 600_000,
}, async () => {
  const [one, other] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const owner = await bench.orchestrator(one);
  const sick = await bench.worker('node-sick', 3, [one, other]);
  sick.sick = true;
  await until('the first has the sick node', async () => (await ownerOf('node-sick')) !== null);
  const firstOwner = await ownerOf('node-sick');
  await bench.orchestrator(other);
  await bench.worker('node-steady', 3, [other]);
  await until('the second has the steady node', async () => (await ownerOf('node-steady')) !== null);
  assert.notEqual(await ownerOf('node-steady'), firstOwner);

  const trials = Array.from({ length: 2_000 }, (_, i) => [{ name: `q-${i}`, steps: 5, stepMs: 30 }]);
  const soon = { backoffMs: 10, maxBackoffMs: 10 };
  await bench.start('agreed', { retries: { worker_crash: { attempts: 2, ...soon } }, trials });
  await until('it is in quarantine', isQuarantined);
  const canary = async (after: number): Promise<boolean> =>
    (await placedAfter(after)).some(({ reason }) => reason.endsWith('as its canary'));
  const agreedAt = await lastDecision();
  await until('its owner, which did not judge it, gives it a canary', () => canary(agreedAt));

  await owner.stop();
  await until('the second takes the node over', async () => (await ownerOf('node-sick')) !== firstOwner);
  assert.ok(await isQuarantined(), 'a take-over forgives nothing');
  const takenAt = await lastDecision();
  await until('the second gives it a canary', () => canary(takenAt));
  assert.deepEqual(
    (await placedAfter(takenAt)).filter(({ reason }) => !reason.endsWith('as its canary')),
    [],
  );

  sick.sick = false;
  await until('a canary makes it trusted', async () => !(await isQuarantined()));
  await bench.commands.cancel('agreed');
  await bench.result('agreed');
  const failed = await fixture.rows("select 1 from study.cells where sweep = 'agreed' and state = 'failed'");
  assert.equal(failed.length, 0, 'nobody pays for a sick node');
});
