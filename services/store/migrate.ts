// Brings the schema to the state of infra/migrations: forward only, one file per transaction, one migrator at a time (advisory lock).
// An applied file whose content has changed is refused, so that two databases with the same number never differ.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type ConnectionOptions, connectionConfig, placeOf } from './connection.ts';
import { asStoreError } from './postgres-errors.ts';
import { ensureReaderRole, type ReaderRole } from './reader-role.ts';

export interface MigrationReport {
  /** Names of the files that were applied now. */
  readonly applied: readonly string[];
  readonly reader: ReaderRole;
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** 'lswp' in ASCII. */
const LOCK = 0x6c737770;
const FOLDER = new URL('../../infra/migrations/', import.meta.url);
const FILE = /^\d{4}-[a-z0-9-]+\.sql$/;

const LEDGER = `
create table if not exists schema_migrations (
  name text primary key,
  sha256 text not null,
  applied_at timestamptz not null default now()
);
comment on table schema_migrations is 'Migrations that this database has had.';
comment on column schema_migrations.name is 'File in infra/migrations.';
comment on column schema_migrations.sha256 is 'SHA-256 of its content when it was applied.';
comment on column schema_migrations.applied_at is 'When.';
`;

/**
 * Idempotent; concurrent calls wait for each other.
 *
 * @param folder of the migrations; tests give another
 * @throws LatentSweepError SCHEMA_MISMATCH when an applied file has changed or is unknown here, STORE_UNREACHABLE
 */
export async function migrate(options: ConnectionOptions, folder: URL = FOLDER): Promise<MigrationReport> {
  const migrations = await readMigrations(folder);
  // no time-out: another migrator may be at work for long
  const client = new pg.Client(connectionConfig({ ...options, queryTimeoutMs: 0 }));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    const applied = await applyMissing(client, migrations);
    return { applied, reader: await ensureReaderRole(client, options.url) };
  } catch (error) {
    throw asStoreError(error, placeOf(options.url));
  } finally {
    await client.end();
  }
}

async function applyMissing(client: pg.Client, migrations: readonly Migration[]): Promise<readonly string[]> {
  await client.query("set client_min_messages to 'warning'");
  await client.query(LEDGER);
  const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from schema_migrations');
  const known = new Map(migrations.map((one) => [one.name, one]));
  for (const { name, sha256 } of rows) {
    const file = known.get(name);
    if (file === undefined) {
      throw new LatentSweepError(
        'SCHEMA_MISMATCH',
        `the database has had migration ${name}, which this version does not know; it belongs to a newer one`,
        { name },
      );
    }
    if (file.sha256 !== sha256) {
      throw new LatentSweepError(
        'SCHEMA_MISMATCH',
        `migration ${name} has changed since it was applied (then ${sha256.slice(0, 12)}, now ${file.sha256.slice(0, 12)})`,
        { name },
      );
    }
  }
  const had = new Set(rows.map((row) => row.name));
  const missing = migrations.filter((one) => !had.has(one.name));
  for (const { name, sql, sha256 } of missing) {
    await client.query('begin');
    await client.query(sql);
    await client.query('insert into schema_migrations (name, sha256) values ($1, $2)', [name, sha256]);
    await client.query('commit');
  }
  return missing.map((one) => one.name);
}

async function readMigrations(folder: URL): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => FILE.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
