// The role that people's queries run as. It logs in with a password derived from the writer's, so that a query cannot go back to a
// stronger role and nobody has to keep another secret. Where the writer has no password or may not make roles, there is no such login,
// and people's queries are refused until postgres.readerUrl names one (reader-login.ts).

import { createHmac } from 'node:crypto';
import type pg from 'pg';
import { loginPowers } from './login-powers.ts';
import { OWN_TABLES } from './own-tables.ts';
import { isConcurrentUpdate } from './postgres-errors.ts';

/** Role with `select` on our tables and views and nothing else; also granted to logins that an administrator makes. */
export const READER_ROLE = 'lsweep_reader';
/** Longest that a query of a person may take unless the caller says otherwise. */
export const READER_TIMEOUT_MS = 60_000;
/** What sorts and joins of one session may put on the disk. Only a superuser can set it, so no query can lift it. */
const TEMPORARY_FILES = '4GB';

/** `no_login`: the role may read, but this url gives no way in; `missing`: it cannot be made here. People need postgres.readerUrl then. */
export type ReaderRole = 'ready' | 'no_login' | 'missing';

/** Where the role logs in, for psql and other programs of people; null without a password: one that everybody can derive must not log in. */
export function readerUrl(writerUrl: string): string | null {
  const url = new URL(writerUrl);
  // the driver lets ?user= and ?password= win
  const password = url.searchParams.get('password') ?? decodeURIComponent(url.password);
  if (password === '') return null;
  url.searchParams.delete('user');
  url.searchParams.delete('password');
  url.username = READER_ROLE;
  url.password = createHmac('sha256', password).update(READER_ROLE).digest('base64url');
  return url.href;
}

/**
 * Makes the role once in the cluster, sees to its login and limits, and gives it its rights in this database. Limits that an administrator
 * has changed are kept. Idempotent; the caller holds the migration lock.
 */
export async function ensureReaderRole(client: pg.Client, writerUrl: string): Promise<ReaderRole> {
  const login = readerUrl(writerUrl);
  const before = await roleOf(client);
  if (!before.exists && !before.can_create) return 'missing';
  if (!before.exists) await client.query(`do $$ begin ${creation(client, login)} ${UNLESS_MADE} end $$`);
  let letsIn = await isLetIn(login);
  const { can_alter, is_superuser, limits } = await roleOf(client);
  const missing = [...LIMITS, ...(is_superuser ? SUPERUSER_LIMITS : [])].filter(([name]) => !limits.includes(name));
  if (can_alter && (missing.length > 0 || (login !== null && !letsIn))) {
    await alterRole(client, [...(letsIn ? [] : loginClauses(client, login)), ...missing.map(setting)]);
    letsIn = await isLetIn(login);
  }
  await client.query(GRANTS);
  return letsIn ? 'ready' : 'no_login';
}

interface RoleFacts {
  readonly exists: boolean;
  readonly can_create: boolean;
  readonly can_alter: boolean;
  readonly is_superuser: boolean;
  /** Names of the settings that the role has. */
  readonly limits: readonly string[];
}

async function roleOf(client: pg.Client): Promise<RoleFacts> {
  const { rows } = await client.query<RoleFacts>(
    `select
      r.oid is not null as exists,
      me.rolsuper or me.rolcreaterole as can_create,
      me.rolsuper or (
        me.rolcreaterole
        and (current_setting('server_version_num')::integer < 160000 or pg_has_role(me.oid, r.oid, 'member with admin option'))
      ) is true as can_alter,
      me.rolsuper as is_superuser,
      (select coalesce(array_agg(split_part(s, '=', 1)), '{}') from unnest(r.rolconfig) s) as limits
    from pg_roles me left join pg_roles r on r.rolname = $1
    where me.rolname = current_user`,
    [READER_ROLE],
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error('the current user has no row in pg_roles');
  return facts;
}

async function isLetIn(login: string | null): Promise<boolean> {
  return login !== null && (await loginPowers(login)) !== null;
}

type Limit = readonly [name: string, value: string];

const LIMITS: readonly Limit[] = [
  ['default_transaction_read_only', 'on'],
  ['statement_timeout', `${READER_TIMEOUT_MS}ms`],
];
const SUPERUSER_LIMITS: readonly Limit[] = [['temp_file_limit', TEMPORARY_FILES]];

const setting = ([name, value]: Limit): string => `alter role ${READER_ROLE} set ${name} = '${value}'`;

function loginClauses(client: pg.Client, login: string | null): readonly string[] {
  return login === null ? [] : [`alter role ${READER_ROLE} login password ${client.escapeLiteral(passwordOf(login))}`];
}

const passwordOf = (login: string): string => decodeURIComponent(new URL(login).password);

/** Whole in one transaction: a migrator of another database sees all of it or nothing. */
function creation(client: pg.Client, login: string | null): string {
  return [
    `create role ${READER_ROLE} nologin connection limit 50`,
    `comment on role ${READER_ROLE} is 'Reads the views of latent-sweep; writes nothing.'`,
    ...loginClauses(client, login),
    ...LIMITS.map(setting),
    '',
  ].join(';\n');
}

/** Roles belong to the cluster: a migrator of another database may make it at the same moment. */
const UNLESS_MADE = 'exception when duplicate_object or unique_violation then null;';

async function alterRole(client: pg.Client, statements: readonly string[]): Promise<void> {
  try {
    await client.query(statements.join(';\n'));
  } catch (error) {
    // a migrator of another database does the same
    if (!isConcurrentUpdate(error)) throw error;
  }
}

/** Only on what is ours: a database may hold other people's tables too. */
const GRANTS = `
  do $$
  declare one record;
  begin
    execute 'grant usage on schema public, study to ${READER_ROLE}';
    for one in
      select c.oid::regclass as relation from pg_class c
      where pg_has_role(c.relowner, 'usage') and (
        c.oid in (select to_regclass(own) from unnest('{${Object.keys(OWN_TABLES).join(',')}}'::text[]) own)
        or c.relnamespace = 'study'::regnamespace and c.relkind in ('v', 'm')
      )
    loop
      execute format('grant select on %s to ${READER_ROLE}', one.relation);
    end loop;
  end $$;
`;
