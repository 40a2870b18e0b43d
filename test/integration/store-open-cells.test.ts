// The moment at which one sweep closes a trial and another that shares it is started again after its cancellation, step by step on two
// connections: neither may miss the other, or the second sweep asks for ever for a cell that is not open.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { openDatabases } from './postgres.ts';
import { openStoreFixture, type StoreFixture } from './store-fixture.ts';
import { until } from './until.ts';

let databases: Awaited<ReturnType<typeof openDatabases>>;
let fixture: StoreFixture;
const first = (): pg.Client => new pg.Client({ connectionString: fixture.url, application_name: 'first' });
const second = (): pg.Client => new pg.Client({ connectionString: fixture.url, application_name: 'second' });
before(async () => {
  databases = await openDatabases();
  fixture = await openStoreFixture(databases);
});
after(async () => {
  await fixture.close();
  await databases.close();
});

const CLOSE = "update trials set state = 'finished', closed_at = clock_timestamp() where trial_id = $1";
const START = "update sweeps set state = 'planning', state_at = now() where sweep_id = $1";

/** Two sweeps with the same trial, the second one cancelled. */
async function sharedTrial(name: string) {
  const trials = [[{ name, steps: 4, stepMs: 1 }]];
  await fixture.plan(`${name}-goes-on`, { trials });
  const { sweepId } = await fixture.plan(name, { trials });
  const [trial] = await fixture.store.openTrials(sweepId, 0, 1);
  await fixture.store.setSweepState(sweepId, 'cancelled');
  return { sweepId, trialId: trial?.trialId ?? 0 };
}

/** Begins `early` on one connection, runs `late` on another as far as it gets, then commits the first. */
async function interleave(early: readonly [string, number], late: readonly [string, number]): Promise<void> {
  const [one, two] = [first(), second()];
  await Promise.all([one.connect(), two.connect()]);
  try {
    await one.query('begin');
    await one.query(early[0], [early[1]]);
    let isDone = false;
    const other = two.query(late[0], [late[1]]).then(() => {
      isDone = true;
    });
    await until('the second is done or waits for the first', async () => {
      const waiting = await fixture.rows(
        "select from pg_stat_activity where application_name = 'second' and wait_event_type = 'Lock'",
      );
      return isDone || waiting.length === 1;
    });
    await one.query('commit');
    await other;
  } finally {
    await Promise.all([one.end(), two.end()]);
  }
}

async function assertClosed(sweepId: number): Promise<void> {
  assert.equal(await fixture.store.nextOpenRange(sweepId, 250, []), null);
  assert.deepEqual(await fixture.store.openTrials(sweepId, 0, 1), []);
  assert.deepEqual(await fixture.store.sweepCounts(sweepId), { finished: 1, failed: 0, open: 0 });
}

test('a sweep that is started again while another one closes their trial has it closed', async () => {
  const { sweepId, trialId } = await sharedTrial('close-first');
  await interleave([CLOSE, trialId], [START, sweepId]);
  await assertClosed(sweepId);
});

test('a trial that is closed while another sweep is started again is closed there too', async () => {
  const { sweepId, trialId } = await sharedTrial('start-first');
  await interleave([START, sweepId], [CLOSE, trialId]);
  await assertClosed(sweepId);
});

test('a trial that is closed while another sweep is cancelled leaves that sweep one closed or one cancelled cell', async () => {
  const { sweepId, trialId } = await sharedTrial('cancel-meanwhile');
  await fixture.store.setSweepState(sweepId, 'running');
  await interleave(
    [CLOSE, trialId],
    ["update sweeps set state = 'cancelled', state_at = now() where sweep_id = $1", sweepId],
  );
  const [row] = await fixture.rows<{ finished: number; cancelled: number }>(
    "select finished, cancelled from study.sweeps where sweep = 'cancel-meanwhile'",
  );
  assert.equal((row?.finished ?? 0) + (row?.cancelled ?? 0), 1);
});

const RETRY = "update trials set state = 'planned', closed_at = null, attempts = null where trial_id = $1";
const GO_ON = "update sweeps set state = 'running', state_at = now() where sweep_id = $1";

/** Two sweeps with the same failed trial, the second one finished. */
async function failedTrial(name: string) {
  const trials = [[{ name, steps: 4, stepMs: 1 }]];
  await fixture.plan(`${name}-goes-on`, { trials });
  const { sweepId } = await fixture.plan(name, { trials });
  const [trial] = await fixture.store.openTrials(sweepId, 0, 1);
  await fixture.store.closeTrial(trial?.trialId ?? 0, 'failed', { failure: 'nan_loss', message: 'step 3' });
  await fixture.store.setSweepState(sweepId, 'finished');
  return { sweepId, trialId: trial?.trialId ?? 0 };
}

for (const [order, early, late] of [
  ['before', RETRY, GO_ON],
  ['after', GO_ON, RETRY],
] as const) {
  test(`a trial that another sweep opens again ${order} a finished one goes on is open there too`, async () => {
    const { sweepId, trialId } = await failedTrial(`again-${order}`);
    await interleave([early, early === RETRY ? trialId : sweepId], [late, late === RETRY ? trialId : sweepId]);
    assert.equal((await fixture.store.openTrials(sweepId, 0, 1)).length, 1);
    assert.deepEqual(await fixture.store.nextOpenRange(sweepId, 250, []), { from: 0, to: 1 });
  });
}
