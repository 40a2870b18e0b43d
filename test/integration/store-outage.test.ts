import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { openReader, openStore } from '../../services/store/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { keyOf } from './scripted-sweep.ts';
import { begin, openStoreFixture, owner, placeOn, type StoreFixture, segment } from './store-fixture.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';

let server: PostgresServer;
let fixture: StoreFixture;
before(async () => {
  server = await startPostgres();
  fixture = await openStoreFixture(server);
});
after(async () => {
  await fixture.close();
  await server.close();
});

const spec = (name: string): Parameters<StoreFixture['plan']>[1] => ({ trials: [[{ name, steps: 50, stepMs: 1 }]] });

function isUnreachable(error: unknown): boolean {
  return error instanceof LatentSweepError && error.code === 'STORE_UNREACHABLE';
}

test('while Postgres is stopped every call says so; afterwards the same store works and listeners hear again', async () => {
  const { store } = fixture;
  await fixture.plan('away', spec('away-a'));
  const { phaseId, attempt } = await begin(store, 'away-a');
  const reader = openReader(fixture.url);
  await reader.query('select 1');
  const heard: (string | null)[] = [];
  const stop = new AbortController();
  const listening = store.listenPhases(stop.signal, (key) => heard.push(key));
  await until('it listens', () => heard.length === 1);

  await server.stop();
  const first = segment({ phaseId, attempt, seq: 1, from: 0, to: 5 });
  await Promise.all(
    [
      store.commitSegments([first]),
      store.claimPhase(keyOf('away-a'), owner('other')),
      store.openAttempt(keyOf('away-a'), 1, placeOn('node-a'), 'on node-a'),
      store.ownNode('node-a', 'r', 1_000),
      store.migrate(),
      reader.query('select 1'),
    ].map((call) => assert.rejects(call, isUnreachable)),
  );

  await server.start();
  assert.deepEqual(await store.commitSegments([first]), ['committed']);
  assert.deepEqual((await reader.query('select count(*) from metrics')).rows, [[10]]);
  await until('the listener is back', () => heard.length >= 2 && heard.at(-1) === null);
  await store.releaseClaim(keyOf('away-a'), owner('test'));
  await until('it hears', () => heard.at(-1) === keyOf('away-a'));
  stop.abort();
  await listening;
  await reader.close();
});

test('connections that the server ends cost no call: it is repeated on another', async () => {
  const { store } = fixture;
  await fixture.plan('cut', spec('cut-a'));
  const { phaseId, attempt } = await begin(store, 'cut-a');
  for (let seq = 1; seq <= 20; seq++) {
    const cut = fixture.rows(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'latent-sweep' and pid <> pg_backend_pid()",
    );
    const outcome = await store.commitSegments([segment({ phaseId, attempt, seq, from: seq - 1, to: seq })]);
    // its commit may have been done when its connection was cut
    assert.match(outcome[0] ?? '', /^(already_)?committed$/);
    await cut;
  }
  const rows = await fixture.rows('select count(*)::int as n, max(step) as last from metrics where phase_id = $1', [
    phaseId,
  ]);
  assert.deepEqual(rows, [{ n: 40, last: 20 }]);
});

test('a replica that is suspended in the middle of a transaction cannot hold others up for ever', async () => {
  const { store, url } = fixture;
  await fixture.plan('held', spec('held-a'));
  const { phaseId, attempt } = await begin(store, 'held-a');
  const commit = (one: typeof store): Promise<readonly string[]> =>
    one.commitSegments([segment({ phaseId, attempt, seq: 1, from: 0, to: 1 })]);
  // another session holds the attempt's row and says nothing, for as long as this test wants
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('begin');
  await holder.query('select 1 from attempts where phase_id = $1 for update', [phaseId]);
  const impatient = openStore({ url, queryTimeoutMs: 200 });
  await assert.rejects(commit(impatient), isUnreachable);
  await holder.query('rollback');
  await holder.end();
  // the last statement that was given up may have got the row meanwhile
  assert.match((await commit(store))[0] ?? '', /^(already_)?committed$/);
  const rows = await fixture.rows('select count(*)::int as n from metrics where phase_id = $1', [phaseId]);
  assert.deepEqual(rows, [{ n: 2 }]);
  await impatient.close();
});

test('nobody at the address is named with host, port and database, without the password', async () => {
  const store = openStore({ url: `postgres://postgres:hush@127.0.0.1:${await freePort()}/lsweep` });
  await assert.rejects(store.sweepById(1), (error) => {
    assert.ok(isUnreachable(error));
    assert.match(String(error), /Postgres at 127\.0\.0\.1:\d+\/lsweep does not answer \(ECONNREFUSED\)/);
    assert.doesNotMatch(String(error), /hush/);
    return true;
  });
  await store.close();
});

test('a server that takes connections and never answers is unreachable, for writers and for readers', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  assert.ok(address !== null && typeof address === 'object');
  const url = `postgres://postgres:hush@127.0.0.1:${address.port}/lsweep`;
  const store = openStore({ url, connectTimeoutMs: 200 });
  const reader = openReader(url, { connectTimeoutMs: 200 });
  try {
    const calls = [
      ...[store.sweepById(1), store.migrate(), reader.query('select 1')],
      reader.batches('select 1', 1).next(),
    ];
    await Promise.all(calls.map((call) => assert.rejects(call, isUnreachable)));
  } finally {
    await reader.close();
    await store.close();
    silent.close();
  }
});
