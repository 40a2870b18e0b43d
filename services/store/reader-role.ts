// The role that people's queries run as. It may log in with a password derived from the writer's, so that a query cannot go back to a
// stronger role and nobody has to keep another secret; where the writer has no password or may not make roles, the reader makes do with less.

import { createHmac } from 'node:crypto';
import type pg from 'pg';

export const READER_ROLE = 'lsweep_reader';
export const READER_TIMEOUT_MS = 60_000;

/** `missing`: no such role can be made here; readers connect as the writer, in read-only transactions. */
export type ReaderRole = 'ready' | 'missing';

/** null without a password in the url: a role that everybody can derive must not log in. */
export function readerPassword(url: string): string | null {
  const password = decodeURIComponent(new URL(url).password);
  return password === '' ? null : createHmac('sha256', password).update(READER_ROLE).digest('base64url');
}

/** Where the role logs in, for psql and other programs of people; null where it cannot (`readerPassword`). */
export function readerUrl(url: string): string | null {
  const password = readerPassword(url);
  if (password === null) return null;
  const reader = new URL(url);
  reader.username = READER_ROLE;
  reader.password = password;
  return reader.href;
}

/** Makes the role once in the cluster and gives it its rights in this database. Idempotent; the caller holds the migration lock. */
export async function ensureReaderRole(client: pg.Client, url: string): Promise<ReaderRole> {
  const may = await client.query<{ has_role: boolean; can_create: boolean }>(
    `select
      exists (select from pg_roles where rolname = $1) as has_role,
      (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as can_create`,
    [READER_ROLE],
  );
  const { has_role = false, can_create = false } = may.rows[0] ?? {};
  if (!has_role && !can_create) return 'missing';
  if (!has_role) await createRole(client, readerPassword(url));
  await client.query(GRANTS);
  return 'ready';
}

/** Roles belong to the cluster: a migrator of another database may make it at the same moment. */
async function createRole(client: pg.Client, password: string | null): Promise<void> {
  const login = password === null ? 'nologin' : `login password ${client.escapeLiteral(password)}`;
  await client.query(`
    do $$ begin
      create role ${READER_ROLE} ${login} connection limit 50;
      alter role ${READER_ROLE} set default_transaction_read_only = on;
      alter role ${READER_ROLE} set statement_timeout = '${READER_TIMEOUT_MS}ms';
      comment on role ${READER_ROLE} is 'Reads the views of latent-sweep; writes nothing.';
      grant ${READER_ROLE} to current_user;
    exception when duplicate_object or unique_violation then null;
    end $$`);
}

/** Only on what is ours: a database may hold other people's tables too. */
const GRANTS = `
  do $$
  declare one record;
  begin
    execute 'grant usage on schema public, study to ${READER_ROLE}';
    for one in
      select c.oid::regclass as relation from pg_class c
      where c.relnamespace in ('public'::regnamespace, 'study'::regnamespace)
        and c.relkind in ('r', 'v', 'p', 'm') and pg_has_role(c.relowner, 'usage')
    loop
      execute format('grant select on %s to ${READER_ROLE}', one.relation);
    end loop;
  end $$;
`;
