// Brings the schema to the state of infra/migrations (tables, forward only) and of infra/views and infra/functions (what they say now), one
// migrator at a time (advisory lock). An applied migration whose content has changed is refused, so that two databases with the same number
// never differ.

import pg from 'pg';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { packageVersion } from '../program/index.ts';
import { type ConnectionOptions, connectionConfig, placeOf } from './connection.ts';
import {
  areDefinitionsStale,
  DEFINITIONS_LEDGER,
  type Definition,
  readDefinitions,
  writeDefinitions,
} from './definitions.ts';
import { asStoreError } from './postgres-errors.ts';
import { ensureReaderRole, type ReaderRole } from './reader-role.ts';
import { readSqlFiles, type SqlFile } from './sql-files.ts';

/** What a migration changed, and whether people can query. */
export interface MigrationReport {
  /** Names of the migrations that were applied now. */
  readonly applied: readonly string[];
  /** Whether views and functions were written anew. */
  readonly redefined: boolean;
  readonly reader: ReaderRole;
}

/** 'lswp' in ASCII. */
const LOCK = 0x6c737770;
const FOLDER = new URL('../../infra/migrations/', import.meta.url);
/** Up to this one migrations made views and functions themselves, each upon those of the one before. */
const LAST_WITH_VIEWS = '0027-closed-sweeps.sql';
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
${DEFINITIONS_LEDGER}`;

/**
 * Idempotent; concurrent calls wait for each other.
 *
 * @param folder of the migrations, and what views and functions are to be: tests give others
 * @throws LatentSweepError SCHEMA_MISMATCH when an applied file has changed or is unknown here, VIEWS_REFERENCED (definitions.ts),
 *   STORE_UNREACHABLE
 */
export async function migrate(
  options: ConnectionOptions,
  folder: URL = FOLDER,
  definitions?: readonly Definition[],
): Promise<MigrationReport> {
  const migrations = await readSqlFiles(folder, FILE);
  const wanted = definitions ?? (await readDefinitions());
  // no time-out: another migrator may be at work for long
  const client = new pg.Client(connectionConfig({ ...options, queryTimeoutMs: 0 }));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query("set client_min_messages to 'warning'");
    await client.query(LEDGER);
    const missing = await missingOf(client, migrations);
    for (const one of missing.filter(({ name }) => name <= LAST_WITH_VIEWS)) {
      await client.query('begin');
      await apply(client, one);
      await client.query('commit');
    }
    const redefined = await bringUpToDate(
      client,
      missing.filter(({ name }) => name > LAST_WITH_VIEWS),
      wanted,
    );
    return { applied: missing.map(({ name }) => name), redefined, reader: await ensureReaderRole(client, options.url) };
  } catch (error) {
    throw asStoreError(error, placeOf(options.url));
  } finally {
    await client.end();
  }
}

/** Tables, views and functions change together or not at all. @returns whether views and functions were written */
async function bringUpToDate(
  client: pg.Client,
  missing: readonly SqlFile[],
  definitions: readonly Definition[],
): Promise<boolean> {
  const version = packageVersion();
  if (missing.length === 0 && !(await areDefinitionsStale(client, definitions, version))) return false;
  await client.query('begin');
  for (const one of missing) await apply(client, one);
  await writeDefinitions(client, definitions, version);
  await client.query('commit');
  return true;
}

async function apply(client: pg.Client, { name, sql, sha256 }: SqlFile): Promise<void> {
  await client.query(sql);
  await client.query('insert into schema_migrations (name, sha256) values ($1, $2)', [name, sha256]);
}

/** @throws LatentSweepError SCHEMA_MISMATCH for what this database has had and these files do not say */
async function missingOf(client: pg.Client, migrations: readonly SqlFile[]): Promise<readonly SqlFile[]> {
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
  return migrations.filter((one) => !had.has(one.name));
}
