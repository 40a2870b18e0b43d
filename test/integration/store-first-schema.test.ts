// A database of the first landed schema, filled, comes through every migration since with its rows, and each view answers what they mean.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { migrate } from '../../services/store/index.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

const FIRST = ['0001-tables.sql', '0002-study-views.sql'];
const MIGRATIONS = new URL('../../infra/migrations/', import.meta.url);
const HERE = new URL('first-schema/', import.meta.url);

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server.close());

/** Brings a new database to the first schema, fills it, and then to the schema of today. */
async function migratedFrom(filled: string): Promise<string> {
  const url = await server.database();
  const folder = await mkdtemp(join(tmpdir(), 'lsweep-first-schema-'));
  try {
    for (const file of FIRST) await cp(new URL(file, MIGRATIONS), join(folder, file));
    assert.deepEqual((await migrate({ url }, pathToFileURL(`${folder}/`), [])).applied, FIRST);
  } finally {
    await rm(folder, { recursive: true });
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(filled);
  await client.end();
  await migrate({ url });
  return url;
}

/** Every view of schema study with its rows, times in UTC, in one order. */
async function answersOf(url: string): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("set time zone 'UTC'");
    const { rows: views } = await client.query<{ name: string }>(
      "select viewname as name from pg_views where schemaname = 'study' order by 1",
    );
    const answers: [string, readonly unknown[]][] = [];
    for (const { name } of views) {
      // jsonb writes keys in one order and numbers as they are
      const { rows } = await client.query<{ row: unknown }>(
        `select to_jsonb(v) as row from study.${name} v order by to_jsonb(v)::text collate "C"`,
      );
      answers.push([name, rows.map(({ row }) => row)]);
    }
    return Object.fromEntries(answers);
  } finally {
    await client.end();
  }
}

test('every view of a filled database of the first schema answers as expected', async () => {
  const url = await migratedFrom(await readFile(new URL('filled.sql', HERE), 'utf8'));
  const answers = withoutClock(await answersOf(url));
  const expected: unknown = JSON.parse(await readFile(new URL('answers.json', HERE), 'utf8'));
  assert.deepEqual(answers, expected);
  for (const [view, rows] of Object.entries(answers))
    if (!EMPTY_BEFORE.includes(view)) assert.ok(rows.length > 0, `study.${view} has a row to compare`);
});

/**
 * An attempt that still runs holds its slot until now, so that its hours grow with the clock. It began in January 2026:
 * more than a thousand hours are such an attempt's, and are compared as that.
 */
function withoutClock(answers: Readonly<Record<string, readonly unknown[]>>): Record<string, readonly unknown[]> {
  const lost = (answers['lost_work'] ?? []) as readonly Readonly<Record<string, unknown>>[];
  const fixed = lost.map((row) => (Number(row['slot_hours']) > 1000 ? { ...row, slot_hours: 'until now' } : row));
  return { ...answers, lost_work: fixed };
}

/** What the first schema could not hold. */
const EMPTY_BEFORE = ['analyses', 'decisions'];
