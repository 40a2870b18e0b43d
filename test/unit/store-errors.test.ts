import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import pg from 'pg';
import { placeOf } from '../../services/store/connection.ts';
import { asStoreError, isConflict, isUnreachable } from '../../services/store/postgres-errors.ts';
import { sqlErrorText } from '../../services/store/sql-error-text.ts';
import { storableJson } from '../../services/store/storable-text.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const withCode = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

test('lost connections, shutdowns and a full server are unreachable; mistakes of ours are not', () => {
  const away = ['ECONNREFUSED', 'ECONNRESET', '08006', '57P01', '57P03', '53300', '53100', '25006'].map((code) =>
    withCode(code),
  );
  const texts = [
    'Connection terminated unexpectedly',
    'timeout expired',
    'timeout exceeded when trying to connect',
    'Query read timeout',
  ];
  for (const error of [...away, ...texts.map((text) => new Error(text))])
    assert.ok(isUnreachable(error), error.message);
  assert.ok(isUnreachable(new AggregateError([withCode('ECONNREFUSED')])));
  for (const code of ['23505', '42601', '40001', '28P01']) assert.ok(!isUnreachable(withCode(code)), code);
  assert.ok(!isUnreachable(new TypeError('undefined is no function')));
  assert.deepEqual(
    ['40001', '40P01', '23505'].map((code) => isConflict(withCode(code))),
    [true, true, false],
  );
});

test('errors become the project’s at one place, others pass as they are', () => {
  const away = asStoreError(withCode('ECONNREFUSED'), 'db:5432/lsweep');
  assert.ok(away instanceof LatentSweepError && away.code === 'STORE_UNREACHABLE');
  const refused = asStoreError(withCode('3D000', 'database "x" does not exist'), 'db:5432/x');
  assert.ok(refused instanceof LatentSweepError && refused.code === 'CONFIG_INVALID');
  for (const error of [
    withCode('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'),
    withCode('ERR_TLS_CERT_ALTNAME_INVALID', 'not for this host'),
    new Error('The server does not support SSL connections'),
  ]) {
    const known = asStoreError(error, 'db:5432/x');
    assert.ok(known instanceof LatentSweepError && known.code === 'CONFIG_INVALID', error.message);
    assert.match(known.message, /^CONFIG_INVALID: postgres\.url: db:5432\/x refuses: /);
  }
  const outOfRange = asStoreError(withCode('22003', 'integer out of range'), 'db');
  assert.ok(outOfRange instanceof LatentSweepError && outOfRange.code === 'STORE_FAILED', 'never worth a repetition');
  assert.match(outOfRange.message, /22003.*integer out of range/);
  const beaten = asStoreError(withCode('40001'), 'db');
  assert.ok(beaten instanceof LatentSweepError && beaten.code === 'STORE_UNREACHABLE', 'worth another try later');
  const other = new pg.DatabaseError('syntax', 1, 'error');
  assert.equal(asStoreError(other, 'db'), other);
  assert.equal(asStoreError(away, 'db'), away);
});

test('the place of a database never shows its credentials', () => {
  assert.equal(placeOf('postgres://me:secret@db.example:5432/lsweep?sslmode=require'), 'db.example:5432/lsweep');
  assert.equal(placeOf('not a url with secret'), 'postgres.url');
});

test('an error of a query shows line, column, caret and hint, in characters and not in UTF-16 units', () => {
  assert.equal(sqlErrorText('select 1', { message: 'no' }), 'no');
  assert.equal(
    sqlErrorText("select '😀',\n\tx\nfrom t", { message: 'no x', position: '14', hint: 'try y' }),
    'no x (line 2, column 2)\n   x\n   ^\n  try y',
  );
  assert.equal(
    sqlErrorText("select '😀', x", { message: 'no x', position: '13' }),
    "no x (line 1, column 13)\n  select '😀', x\n              ^",
  );
  assert.equal(sqlErrorText('a', { message: 'beyond', position: '99' }), 'beyond');
});

test('null characters anywhere in JSON become visible ones', () => {
  assert.equal(storableJson({ a: ['x\0y', { b: 1 }] }), '{"a":["x␀y",{"b":1}]}');
  assert.equal(storableJson(undefined), 'null');
});

test('every query file is used by exactly the code that names it', () => {
  const folder = new URL('../../services/store/', import.meta.url);
  const code = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const used = code.flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/statement\('([a-z-]+)'\)/g)].map(
      (match) => `${match[1]}.sql`,
    ),
  );
  assert.deepEqual([...new Set(used)].sort(), readdirSync(new URL('sql/', folder)).sort());
});
