// Views and functions are what their files say, whatever a database had before: replaced in place, made anew where they must be, never at the
// cost of what others built on them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { packageVersion } from '../../services/program/index.ts';
import { type Definition, readDefinitions } from '../../services/store/definitions.ts';
import { migrate } from '../../services/store/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server.close());

/** The definitions with one changed; its text gets another hash by being another. */
async function changed(name: string, change: (sql: string) => string): Promise<readonly Definition[]> {
  return (await readDefinitions()).map((one) =>
    one.name === name ? { ...one, sql: change(one.sql), sha256: `changed-${change(one.sql).length}` } : one,
  );
}

async function withDatabase(
  work: (database: { url: string; rows: (sql: string) => Promise<unknown[]> }) => Promise<void>,
): Promise<void> {
  const url = await server.database();
  await migrate({ url });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work({ url, rows: async (sql) => (await client.query(sql)).rows as unknown[] });
  } finally {
    await client.end();
  }
}

const wider = (sql: string): string =>
  sql.replace('s.state_at,', 's.state_at,').replace('r.waiting\n', "r.waiting,\n  'new'::text as added\n");
const narrower = (sql: string): string =>
  sql.replace('  s.revision,\n', '').replace(/comment on column study\.sweeps\.revision.*\n/, '');

test('every definition comes after those that it names, and each file holds what it is named after', async () => {
  const names = (await readDefinitions()).map(({ name }) => name);
  assert.ok(names.indexOf('study.cells') > names.indexOf('running_phases'));
  assert.ok(names.indexOf('study.cells') > names.indexOf('trial_outcome'));
  for (const { name, kind, sql } of await readDefinitions())
    assert.match(sql, new RegExp(`^(--.*\\n)*create or replace ${kind} ${name.replace('.', '\\.')}\\b`), name);
});

test('a view that gained a column is replaced in place: grants and the views of others stay', async () => {
  await withDatabase(async ({ url, rows }) => {
    await rows('create role colleague');
    await rows('grant select on study.sweeps to colleague; create view mine as select sweep, cells from study.sweeps');
    const next = await changed('study.sweeps', wider);
    const reports = await Promise.all([migrate({ url }, undefined, next), migrate({ url }, undefined, next)]);
    assert.deepEqual(reports.map(({ redefined }) => redefined).sort(), [false, true]);
    assert.deepEqual(await rows('select added from study.sweeps'), []);
    assert.deepEqual(await rows("select has_table_privilege('colleague', 'study.sweeps', 'select') as may"), [
      { may: true },
    ]);
    assert.deepEqual(await rows('select * from mine'), []);
    assert.equal((await migrate({ url }, undefined, next)).redefined, false);
  });
});

test('a view that lost a column is made anew, unless a view of others reads it: then nothing changes and it is told which', async () => {
  await withDatabase(async ({ url, rows }) => {
    const next = await changed('study.sweeps', narrower);
    await rows('create view mine as select sweep, cells from study.sweeps');
    await assert.rejects(
      migrate({ url }, undefined, next),
      (error) =>
        error instanceof LatentSweepError &&
        error.code === 'VIEWS_REFERENCED' &&
        /study\.sweeps.*view mine/.test(error.message),
    );
    assert.deepEqual(await rows('select revision from study.sweeps'), []);
    await rows('drop view mine');
    assert.equal((await migrate({ url }, undefined, next)).redefined, true);
    await assert.rejects(rows('select revision from study.sweeps'), /column "revision" does not exist/);
    assert.deepEqual(await rows("select has_table_privilege('lsweep_reader', 'study.sweeps', 'select') as may"), [
      { may: true },
    ]);
  });
});

test('a function with another result is made anew with its triggers, and a definition that is gone leaves the database', async () => {
  await withDatabase(async ({ url, rows }) => {
    const triggers =
      "select count(*)::integer as n from pg_trigger where not tgisinternal and tgname = 'phases_listed'";
    const all = await changed('phase_cost', (sql) => sql.replace('setof phase_costs', 'setof record'));
    const without = all.filter(({ name }) => name !== 'study.decisions');
    assert.equal((await migrate({ url }, undefined, without)).redefined, true);
    assert.deepEqual(await rows(triggers), [{ n: 1 }]);
    assert.deepEqual(await rows("select to_regclass('study.decisions') as gone"), [{ gone: null }]);
    assert.equal((await migrate({ url })).redefined, true);
    assert.deepEqual(await rows(triggers), [{ n: 1 }]);
    assert.deepEqual(await rows('select * from study.decisions'), []);
  });
});

test('what a newer version wrote is left alone by an older one', async () => {
  await withDatabase(async ({ url, rows }) => {
    await migrate({ url }, undefined, await changed('study.sweeps', wider));
    const [major = 0] = packageVersion().split('.').map(Number);
    await rows(`update schema_definitions set version = '${major + 1}.0.0'`);
    assert.equal((await migrate({ url })).redefined, false);
    assert.deepEqual(await rows('select added from study.sweeps'), []);
    await rows("update schema_definitions set version = '0.0.9'");
    assert.equal((await migrate({ url })).redefined, true);
  });
});
