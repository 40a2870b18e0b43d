import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { migrate, openReader, openStore } from '../../services/store/index.ts';
import { OWN_TABLES, TABLES_OF_PHASES } from '../../services/store/own-tables.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { openStoreFixture } from './store-fixture.ts';

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server.close());

const migrations = new URL('../../infra/migrations/', import.meta.url);
const files = readdirSync(migrations)
  .filter((name) => name.endsWith('.sql'))
  .sort();

async function withFolder(work: (folder: string, url: URL) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lsweep-migrations-'));
  try {
    await cp(migrations, folder, { recursive: true });
    await work(folder, pathToFileURL(`${folder}/`));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function isCode(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof LatentSweepError && error.code === code && text.test(error.message);
}

test('a second migration applies nothing, concurrent ones apply every file once', async () => {
  const url = await server.database();
  const first = await migrate({ url });
  assert.deepEqual(first.applied, files);
  assert.deepEqual(await migrate({ url }), { applied: [], redefined: false, reader: 'ready' });

  const urls = [await server.database(), await server.database()];
  const reports = await Promise.all([...urls, ...urls, ...urls].map((one) => migrate({ url: one })));
  const applied = reports.flatMap((report) => report.applied);
  assert.deepEqual(
    applied.sort(),
    files.flatMap((file) => [file, file]),
  );
});

test('an applied migration that was edited is refused, and so is a database of a newer version', async () => {
  const url = await server.database();
  await migrate({ url });
  await withFolder(async (folder, files) => {
    await writeFile(join(folder, '9999-more.sql'), 'create table more (id integer); select 1;');
    assert.deepEqual((await migrate({ url }, files)).applied, ['9999-more.sql']);
    await writeFile(join(folder, '9999-more.sql'), 'create table less (id integer)');
    await assert.rejects(migrate({ url }, files), isCode('SCHEMA_MISMATCH', /9999-more\.sql has changed since/));
  });
  await assert.rejects(migrate({ url }), isCode('SCHEMA_MISMATCH', /9999-more\.sql, which this version does not know/));
});

test('a migration that fails leaves nothing behind', async () => {
  const url = await server.database();
  await migrate({ url });
  await withFolder(async (folder, files) => {
    await writeFile(join(folder, '9999-broken.sql'), 'create table half (id integer); select 1 / 0;');
    await assert.rejects(migrate({ url }, files), /division by zero/);
  });
  assert.deepEqual((await migrate({ url })).applied, []);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ half: string | null }>("select to_regclass('half') as half");
  await client.end();
  assert.deepEqual(rows, [{ half: null }]);
});

test('every table of the schema is declared, with what its rows belong to', async () => {
  const fixture = await openStoreFixture(server);
  const rows = await fixture.rows<{ name: string; columns: string[] }>(`
    select c.relname as name, array_agg(a.attname::text) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    group by c.relname`);
  await fixture.close();
  const names = rows.map((row) => row.name).sort();
  assert.deepEqual(Object.keys(OWN_TABLES).sort(), names, 'services/store/own-tables.ts and infra/migrations differ');
  const withPhases = rows.filter(({ columns }) => columns.includes('phase_id')).map(({ name }) => name);
  assert.deepEqual(
    [...TABLES_OF_PHASES, 'phases', 'trial_phases'].sort(),
    withPhases.sort(),
    'a table with phase_id must lose its rows with their phases',
  );
});

test('every table, view and column has a comment', async () => {
  const fixture = await openStoreFixture(server);
  const bare = await fixture.rows(`
    select c.oid::regclass::text as relation, a.attname
    from pg_class c
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace in ('public'::regnamespace, 'study'::regnamespace) and c.relkind in ('r', 'v')
      and (obj_description(c.oid, 'pg_class') is null or col_description(c.oid, a.attnum) is null)`);
  await fixture.close();
  assert.deepEqual(bare, []);
});

test('the reader reads views and tables, and can write nothing by any statement', async () => {
  const fixture = await openStoreFixture(server);
  await fixture.plan('seen', { trials: [[{ name: 'seen-a', steps: 3, stepMs: 1 }]] });
  const reader = openReader(fixture.url);
  assert.deepEqual(
    await reader.query('select sweep, cell, state, point, 1::bigint as n, 0.5 as half from study.cells'),
    {
      columns: ['sweep', 'cell', 'state', 'point', 'n', 'half'],
      // the oids of text, integer, jsonb, bigint and numeric in Postgres' pg_type
      typeIds: [25, 23, 25, 3802, 20, 1700],
      rows: [['seen', 0, 'planned', { index: 0 }, 1, 0.5]],
    },
  );
  assert.deepEqual((await reader.query('select name from sweeps;')).rows, [['seen']]);
  const attacks = [
    'delete from sweeps',
    "update study.cells set system = 'x'",
    'create table mine (id integer)',
    'truncate metrics',
    'select 1; delete from sweeps',
    'set transaction read write',
    'do $$ begin reset role; delete from sweeps; end $$',
    'do $$ begin set session authorization postgres; delete from sweeps; end $$',
    'do $$ begin set transaction read write; delete from sweeps; end $$',
    "copy (select 1) to program 'true'",
    "select pg_read_file('PG_VERSION')",
    'alter role lsweep_reader superuser',
  ];
  for (const sql of attacks) await assert.rejects(reader.query(sql), isCode('SQL_FAILED', /./), sql);
  // alone they change nothing that outlasts the query
  for (const sql of ['commit', 'set default_transaction_read_only = off', 'reset role', 'set role postgres'].slice(
    0,
    3,
  )) {
    await reader.query(sql);
    await assert.rejects(reader.query('delete from sweeps'), isCode('SQL_FAILED', /./), sql);
  }
  assert.deepEqual((await reader.query('select count(*) from sweeps')).rows, [[1]]);
  await reader.close();
  await fixture.close();
});

test('an error of a query names its place; a long query is ended', async () => {
  const fixture = await openStoreFixture(server);
  const reader = openReader(fixture.url, { timeoutMs: 200 });
  await assert.rejects(
    reader.query("select '😀',\n  accurcy from study.cells"),
    isCode(
      'SQL_FAILED',
      /column "accurcy" does not exist \(line 2, column 3\)\n {4}accurcy from study\.cells\n {4}\^\n.*accuracy/s,
    ),
  );
  await assert.rejects(
    reader.query('select 1 +'),
    isCode('SQL_FAILED', /syntax error at end of input \(line 1, column 11\)/),
  );
  await assert.rejects(
    reader.query('select pg_sleep(5)'),
    isCode('SQL_FAILED', /no answer within 0\.2 s .*statement timeout/),
  );
  await assert.rejects(reader.query('select 1; select 2'), isCode('SQL_FAILED', /one statement/));
  await reader.close();
  await fixture.close();
});

test('a server of somebody else: no right to make roles, or another password, gives our own queries a reader that cannot write, and people none', async () => {
  const admin = await server.database();
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  const { rows } = await client.query<{ name: string }>('select current_database() as name');
  await client.query(`create role plain login password 'plain'; grant all on database ${rows[0]?.name ?? ''} to plain`);
  await client.query('grant all on schema public to plain');
  await client.query('create table elsewhere (id integer); revoke all on elsewhere from public');
  await client.end();
  const url = new URL(admin);
  url.username = 'plain';
  url.password = 'plain';
  const store = openStore({ url: url.href });
  // the role exists already in this cluster, with a password of another url
  assert.equal((await store.migrate()).reader, 'no_login');
  const people = openReader(url.href);
  for (const sql of ['select 1', 'delete from sweeps', 'select pg_terminate_backend(pid) from pg_stat_activity'])
    await assert.rejects(people.query(sql), isCode('CONFIG_INVALID', /is not let in[^]*Set postgres\.readerUrl/));
  await people.close();
  const reader = openReader(url.href, { statementsOf: 'ourselves' });
  assert.deepEqual((await reader.query('select count(*) from study.cells')).rows, [[0]]);
  await assert.rejects(reader.query('delete from sweeps'), isCode('SQL_FAILED', /read-only transaction/));
  await assert.rejects(
    reader.query('do $$ begin set transaction read write; delete from sweeps; end $$'),
    isCode('SQL_FAILED', /./),
  );
  await reader.close();
  await store.close();
});

test('a wrong password or database is named, without the password', async () => {
  const url = new URL(await server.database());
  url.password = 'secret-guess';
  await assert.rejects(openStore({ url: url.href }).sweepById(1), (error) => {
    assert.ok(error instanceof LatentSweepError);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.match(error.message, /postgres\.url: 127\.0\.0\.1:\d+\/test_\w+ refuses: password authentication failed/);
    assert.doesNotMatch(error.message, /secret-guess/);
    return true;
  });
});
