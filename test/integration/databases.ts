// Databases of tests: one or more per file, on the Postgres of the test run (run-with-servers.ts), or on one of the file's own where it runs
// alone. Tests that stop Postgres, or change what all databases of a server share (roles, settings), start their own (postgres.ts).

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { openStore } from '../../services/store/index.ts';

export interface Databases {
  /** Makes an empty database; its url has the rights of a superuser. */
  database(): Promise<string>;
  /** The same with today's schema. */
  migratedDatabase(): Promise<string>;
}

/** Address of the test run's Postgres, as a superuser. */
export const SHARED_POSTGRES = 'LSWEEP_TEST_POSTGRES_URL';

/** Migrated once per server; every migrated database is a copy of it. */
const TEMPLATE = 'lsweep_template';

/** @param admin url of the server's database `postgres`, as a superuser */
export function databasesOn(admin: string): Databases {
  const create = async (template: string): Promise<string> => {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    await asAdmin(admin, `create database ${name} template ${template}`);
    return urlOf(admin, name);
  };
  let template: Promise<void> | null = null;
  return {
    database: () => create('template1'),
    migratedDatabase: async () => {
      await (template ??= makeTemplate(admin));
      const url = await create(TEMPLATE);
      // copies of one database must not pass for the same one
      await asAdmin(url, 'update installation set installation_id = gen_random_uuid()');
      return url;
    },
  };
}

/** Does nothing when the server has it. */
export async function makeTemplate(admin: string): Promise<void> {
  const isThere = await asAdmin(admin, `select from pg_database where datname = '${TEMPLATE}'`);
  if (isThere > 0) return;
  await asAdmin(admin, `create database ${TEMPLATE}`);
  const store = openStore({ url: urlOf(admin, TEMPLATE) });
  await store.migrate();
  await store.close();
}

/** Ends what still uses them. */
export async function dropDatabase(admin: string, url: string): Promise<void> {
  await asAdmin(admin, `drop database if exists ${new URL(url).pathname.slice(1)} with (force)`);
}

function urlOf(admin: string, name: string): string {
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return url.href;
}

/** @returns rows found or changed */
async function asAdmin(url: string, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
