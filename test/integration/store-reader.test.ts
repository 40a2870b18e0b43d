// Who reads, and what it cannot do: by any statement, through any url, in psql too.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { nodesQuery } from '../../services/cli/queries/nodes.ts';
import {
  migrate,
  openReader,
  type Reader,
  type ReaderOptions,
  readerUrl,
  readRows,
} from '../../services/store/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { openStoreFixture, type StoreFixture } from './store-fixture.ts';

let server: PostgresServer;
let fixture: StoreFixture;
before(async () => {
  server = await startPostgres();
  fixture = await openStoreFixture(server);
  await fixture.plan('seen', { trials: [[{ name: 'seen-a', steps: 3, stepMs: 1 }]] });
});
after(async () => {
  await fixture.close();
  await server.close();
});

function isCode(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof LatentSweepError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };
}

async function reading<T>(url: string, options: ReaderOptions, work: (reader: Reader) => Promise<T>): Promise<T> {
  const reader = openReader(url, options);
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function toEnd(batches: AsyncIterable<unknown>): Promise<void> {
  for await (const batch of batches) assert.ok(batch !== null);
}

/** The url of the fixture's database for another login. */
function as(user: string, password: string): string {
  const url = new URL(fixture.url);
  url.username = user;
  url.password = password;
  return url.href;
}

const proof = join(tmpdir(), `lsweep-reader-proof-${process.pid}`);
const ESCAPES = [
  "do $$ begin execute 'reset role'; delete from sweeps; end $$",
  `do $$ begin execute 'reset role'; execute 'copy (select 1) to program ''touch ${proof}'''; end $$`,
  "do $$ begin execute 'set session authorization postgres'; delete from sweeps; end $$",
  "do $$ begin execute 'set role postgres'; delete from sweeps; end $$",
  "do $$ begin execute 'set default_transaction_read_only = off'; execute 'set transaction read write'; delete from sweeps; end $$",
  "do $$ begin execute 'alter system set work_mem = ''99MB'''; end $$",
  'begin; set session authorization postgres; delete from sweeps',
  'set session authorization postgres',
  'set role postgres',
  `copy (select 1) to program 'touch ${proof}'`,
  `copy (select 1) to '${proof}'`,
  "copy sweeps from program 'true'",
  "select lo_import('/etc/hostname')",
  "select lo_from_bytea(0, 'x')",
  "select pg_read_file('/etc/hostname')",
  "select pg_ls_dir('/')",
  "select * from dblink('dbname=latentsweep', 'delete from sweeps') as t (a integer)",
  'create extension dblink',
  'create temporary table mine (id integer)',
  'select * into temporary mine from sweeps',
  'with gone as (delete from sweeps returning 1) select * from gone',
  "select setval(pg_get_serial_sequence('sweeps', 'sweep_id'), 1)",
  'select * from sweeps for update',
  'lock table sweeps in access exclusive mode',
  'vacuum',
  "prepare transaction 'x'",
];
/** Allowed, and of no consequence for the next statement. */
const VAIN = [
  'commit',
  'set default_transaction_read_only = off',
  'set session characteristics as transaction read write',
  'reset role',
  'reset session authorization',
  "select set_config('role', 'none', false)",
  "select set_config('default_transaction_read_only', 'off', false)",
];

test('no statement of a person becomes another role, writes, or reaches the server, whole or in batches', async () => {
  await reading(fixture.url, {}, async (reader) => {
    const inBatches = (sql: string): Promise<void> => toEnd(reader.batches(sql, 10));
    const nothingHappened = async (sql: string): Promise<void> => {
      await assert.rejects(reader.query('delete from sweeps'), isCode('SQL_FAILED', /./), sql);
      assert.deepEqual(
        (await reader.query("select current_user::text, session_user::text, current_setting('is_superuser')")).rows,
        [['lsweep_reader', 'lsweep_reader', 'off']],
        sql,
      );
    };
    for (const sql of ESCAPES) {
      await assert.rejects(reader.query(sql), isCode('SQL_FAILED', /./), sql);
      await assert.rejects(inBatches(sql), isCode('SQL_FAILED', /./), sql);
      await nothingHappened(sql);
    }
    for (const sql of VAIN) {
      await reader.query(sql);
      await inBatches(sql);
      await nothingHappened(sql);
    }
    assert.deepEqual((await reader.query('select name from sweeps')).rows, [['seen']]);
  });
  assert.equal(existsSync(proof), false);
});

test('in psql the role that reads can write nothing either, nor become another one, nor lift its limit of temporary files', async () => {
  const own = await ownDatabase();
  await connected(readerUrl(own) ?? '', async (client) => {
    await client.query('set default_transaction_read_only = off; set statement_timeout = 0');
    const { rows } = await client.query<{ temp_file_limit: string }>('show temp_file_limit');
    assert.equal(rows[0]?.temp_file_limit, '4GB');
    const attacks = [
      ...['delete from sweeps', 'insert into metric_names (name) values (1)', 'create table mine (id integer)'],
      ...['create temporary table mine (id integer)', 'create schema mine', 'set role postgres'],
      ...['set session authorization postgres', 'alter role lsweep_reader superuser', 'set temp_file_limit = -1'],
      ...["copy (select 1) to program 'true'", "select pg_read_file('/etc/hostname')", 'create role other'],
      ...['alter role lsweep_reader set temp_file_limit = -1', 'create database other'],
    ];
    for (const sql of attacks) await assert.rejects(client.query(sql), /denied|not exist|must be/, sql);
  });
});

/** The database that the local stack itself uses, with its schema. */
async function ownDatabase(): Promise<string> {
  const url = new URL(fixture.url);
  url.pathname = '/latentsweep';
  assert.equal((await migrate({ url: url.href })).reader, 'ready');
  return url.href;
}

test('a configured login that could do more than read is refused for people with what it could do, and with the remedy', async () => {
  await fixture.rows(`
    create role only_reads login password 'p' in role lsweep_reader;
    create role boss login password 'p' superuser;
    create role runs login password 'p' in role lsweep_reader, pg_execute_server_program;
    create role owner_of_all nologin;
    grant all on all tables in schema public to owner_of_all;
    create role turncoat login noinherit password 'p' in role lsweep_reader, owner_of_all;
    create role edits login password 'p' in role lsweep_reader;
    grant update (name) on sweeps to edits;
    create role disguised login password 'p' in role lsweep_reader, pg_write_server_files;
    alter role disguised set role lsweep_reader`);
  await reading(as('only_reads', 'p'), { urlOf: 'reader' }, async (reader) => {
    assert.deepEqual((await reader.query('select count(*) from study.cells')).rows, [[1]]);
    await assert.rejects(reader.query('delete from sweeps'), isCode('SQL_FAILED', /read-only|denied/));
  });
  const cases: readonly (readonly [string, RegExp])[] = [
    ['boss', /postgres\.readerUrl is a superuser/],
    ['runs', /has pg_execute_server_program/],
    ['edits', /may write to table sweeps/],
    ['turncoat', /may write to table/],
    ['disguised', /has pg_write_server_files/],
  ];
  for (const [user, power] of cases) {
    await reading(as(user, 'p'), { urlOf: 'reader' }, async (reader) => {
      await assert.rejects(reader.query('select 1'), isCode('CONFIG_INVALID', power));
      await assert.rejects(
        reader.query('select 1'),
        isCode('CONFIG_INVALID', /Set postgres\.readerUrl to one[^]*create role NAME login/),
      );
    });
  }
  await reading(as('only_reads', 'wrong'), { urlOf: 'reader' }, async (reader) => {
    await assert.rejects(reader.query('select 1'), isCode('CONFIG_INVALID', /postgres\.readerUrl is not let in/));
  });
  await reading(as('only_reads', 'wrong'), { urlOf: 'reader', statementsOf: 'ourselves' }, async (reader) => {
    await assert.rejects(
      reader.query('select 1'),
      isCode('CONFIG_INVALID', /^CONFIG_INVALID: postgres\.readerUrl: .* refuses/),
    );
  });
});

test('a url whose parameters name another login does not read as that one', async () => {
  const url = new URL(fixture.url);
  url.searchParams.set('user', decodeURIComponent(url.username));
  url.searchParams.set('password', decodeURIComponent(url.password));
  await reading(url.href, {}, async (reader) => {
    assert.deepEqual((await reader.query('select session_user::text')).rows, [['lsweep_reader']]);
  });
});

test('without a password in the url people are refused with the remedy, while our own queries read and write nothing', async () => {
  const trusting = await startPostgres();
  try {
    const admin = await trusting.database();
    await connected(admin, async (client) => {
      await client.query(`do $$ begin execute format(
        'copy (select ''host all all 127.0.0.1/32 trust'') to %L', current_setting('hba_file')); end $$`);
      await client.query('select pg_reload_conf()');
    });
    const url = new URL(admin);
    url.password = '';
    assert.equal((await migrate({ url: url.href })).reader, 'no_login');
    await reading(url.href, {}, async (reader) => {
      const statements = ['select 1', ...ESCAPES];
      for (const sql of statements) {
        await assert.rejects(
          reader.query(sql),
          isCode('CONFIG_INVALID', /postgres\.url has no password[^]*Set postgres\.readerUrl/),
          sql,
        );
      }
    });
    assert.equal(existsSync(proof), false);
    await reading(url.href, { statementsOf: 'ourselves' }, async (reader) => {
      assert.deepEqual(await readRows(reader, nodesQuery, []), []);
      await assert.rejects(reader.query('delete from sweeps'), isCode('SQL_FAILED', /read-only transaction/));
    });
    // a role from before it had a login, and without limits, is brought up to date
    await connected(admin, (client) => client.query('alter role lsweep_reader reset all'));
    assert.equal((await migrate({ url: admin })).reader, 'ready');
    await reading(admin, {}, async (reader) => {
      assert.deepEqual((await reader.query("select current_setting('temp_file_limit')")).rows, [['4GB']]);
    });
  } finally {
    await trusting.close();
  }
});

test('tables of users are not shown to people unless their owner says so', async () => {
  await fixture.rows('create table diary (text text)');
  await fixture.store.migrate();
  await reading(fixture.url, {}, async (reader) => {
    await assert.rejects(reader.query('select * from diary'), isCode('SQL_FAILED', /permission denied/));
    await fixture.rows('grant select on diary to lsweep_reader');
    assert.deepEqual((await reader.query('select * from diary')).rows, []);
  });
});

test('a limit that a query meets is told with what lifts it', async () => {
  await reading(fixture.url, { timeoutMs: 300 }, async (reader) => {
    const late = isCode(
      'SQL_FAILED',
      /no answer within 0\.3 s .*postgres\.readerTimeoutMs .*LSWEEP_POSTGRES_READER_TIMEOUT_MS=/,
    );
    await assert.rejects(reader.query('select pg_sleep(60)'), late);
    await assert.rejects(toEnd(reader.batches('select pg_sleep(60)', 10)), late);
  });
  await fixture.rows("alter role lsweep_reader set temp_file_limit = '1MB'");
  await reading(fixture.url, {}, async (reader) => {
    await assert.rejects(
      reader.query('select count(*) from (select i from generate_series(1, 2000000) i order by random() offset 0) x'),
      isCode('SQL_FAILED', /temporary file size exceeds.*temp_file_limit of that role/),
    );
  });
  await fixture.rows("alter role lsweep_reader set temp_file_limit = '4GB'");
});

test('batches have every row once, in order; a loop that ends early leaves the connection usable', async () => {
  await reading(fixture.url, {}, async (reader) => {
    const sizes: number[] = [];
    let next = 1;
    for await (const { columns, rows } of reader.batches(
      'select i, i::text from generate_series(1, 2500) i -- all',
      1000,
    )) {
      assert.deepEqual(columns, ['i', 'i']);
      sizes.push(rows.length);
      for (const row of rows) assert.deepEqual(row, [next, String(next++)]);
    }
    assert.deepEqual(sizes, [1000, 1000, 500]);
    for await (const { rows } of reader.batches('select generate_series(1, 100000000)', 10)) {
      assert.equal(rows.length, 10);
      break;
    }
    for await (const { columns, rows } of reader.batches('select 1 as one where false', 10))
      assert.deepEqual([columns, rows], [['one'], []]);
    // no cursor can be made of these
    for await (const { rows } of reader.batches('show server_encoding;', 10)) assert.deepEqual(rows, [['UTF8']]);
    for await (const { columns } of reader.batches('explain select 1', 10)) assert.deepEqual(columns, ['QUERY PLAN']);
  });
});

test('errors in batches are about the text of the person', async () => {
  await reading(fixture.url, {}, async (reader) => {
    const failing = (sql: string): Promise<unknown> => toEnd(reader.batches(sql, 10));
    await assert.rejects(
      failing('select 1 +'),
      isCode('SQL_FAILED', /syntax error at end of input \(line 1, column 11\)/),
    );
    await assert.rejects(failing('select 1;\nselect 2'), isCode('SQL_FAILED', /one statement/));
    await assert.rejects(
      failing('select\n  nothing'),
      isCode('SQL_FAILED', /column "nothing" does not exist \(line 2, column 3\)/),
    );
    await assert.rejects(
      failing('select 1 / (5 - i) from generate_series(1, 9) i'),
      isCode('SQL_FAILED', /division by zero$/),
    );
  });
});

test('a backend that says nothing any more is given up, and another one is asked', async () => {
  await reading(fixture.url, { timeoutMs: 1_000, silenceMs: 1_000 }, async (reader) => {
    const pid = Number((await reader.query('select pg_backend_pid()')).rows[0]?.[0]);
    process.kill(pid, 'SIGSTOP');
    try {
      assert.deepEqual((await reader.query('select 1 as one')).rows, [[1]]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
