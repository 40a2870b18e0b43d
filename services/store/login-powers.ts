// What a login could do beyond reading. A read-only transaction stops neither programs nor files of the server, and `set role` can be undone:
// what a session may become, a statement of a person can make it.

import pg from 'pg';
import { connectionConfig } from './connection.ts';
import { OWN_TABLES } from './own-tables.ts';
import { isRefusedLogin } from './postgres-errors.ts';

/** Of the session's login, by itself or as any role that it may become; `session_user`, because a role that a login starts with can be reset. */
const POWERS = `
with roles as (
  select r.* from pg_roles r where pg_has_role(session_user, r.oid, 'member')
)
select array_remove(array[
  (select 'is a superuser' from roles where rolsuper limit 1),
  (select 'may make roles' from roles where rolcreaterole limit 1),
  (select 'may replicate' from roles where rolreplication limit 1),
  (
    select 'has ' || string_agg(rolname, ', ' order by rolname) from roles
    where rolname in (
      'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_write_all_data', 'pg_signal_backend', 'pg_maintain'
    )
    having count(*) > 0
  ),
  (
    select 'may write to table ' || min(c.relname) from roles r
    join pg_class c on c.oid in (select to_regclass(own) from unnest($1::text[]) own)
    where has_table_privilege(r.oid, c.oid, 'insert, update, delete, truncate')
      or has_any_column_privilege(r.oid, c.oid, 'insert, update')
    having count(*) > 0
  )
], null) as powers`;

/**
 * @returns as parts of a sentence, empty for a login that only reads; null when the server does not let it in
 * @throws what else keeps the server from answering, as the driver says it
 */
export async function loginPowers(url: string, connectTimeoutMs?: number): Promise<readonly string[] | null> {
  const client = new pg.Client(connectionConfig({ url, connectTimeoutMs, applicationName: 'latent-sweep reader' }));
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    if (isRefusedLogin(error)) return null;
    throw error;
  }
  try {
    const { rows } = await client.query<{ readonly powers: readonly string[] }>(POWERS, [Object.keys(OWN_TABLES)]);
    return rows[0]?.powers ?? [];
  } finally {
    await client.end();
  }
}
