// Queries of people: one statement at a time, as the read-only role, in a read-only transaction that is always rolled back. Where the role
// can log in, the connection is the role's own, so that no statement can go back to a stronger one (reader-role.ts).

import pg from 'pg';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { connectionConfig, placeOf } from './connection.ts';
import { asStoreError, isUnreachable } from './postgres-errors.ts';
import { READER_ROLE, READER_TIMEOUT_MS, readerPassword } from './reader-role.ts';
import { readerTypes } from './reader-types.ts';
import { sqlErrorText } from './sql-error-text.ts';

export interface QueryResult {
  /** Names as in the query; two may be equal. */
  readonly columns: readonly string[];
  /** Numbers (numeric too), booleans, strings, null, Date for timestamptz, parsed json, arrays of these. */
  readonly rows: readonly (readonly unknown[])[];
}

export interface Reader {
  /** @throws LatentSweepError SQL_FAILED with the place in the query, STORE_UNREACHABLE */
  query(sql: string): Promise<QueryResult>;
  close(): Promise<void>;
}

export interface ReaderOptions {
  /** Longest run of one query; default 60,000. */
  readonly timeoutMs?: number;
}

type Access = 'login' | 'switch' | 'read_only';

/** @param url of the writer; the reader finds its own way to the weaker role. Nothing connects before the first query. */
export function openReader(url: string, options: ReaderOptions = {}): Reader {
  const timeoutMs = options.timeoutMs ?? READER_TIMEOUT_MS;
  const place = placeOf(url);
  let pool: { readonly clients: pg.Pool; readonly access: Access } | null = null;
  let opening: Promise<{ readonly clients: pg.Pool; readonly access: Access }> | null = null;

  const open = async (): Promise<{ readonly clients: pg.Pool; readonly access: Access }> => {
    if (pool !== null) return pool;
    opening ??= openPool(url);
    try {
      pool = await opening;
      return pool;
    } finally {
      opening = null;
    }
  };
  const attempt = async (sql: string): Promise<QueryResult> => {
    const { clients, access } = await open();
    const client = await clients.connect();
    let broken = true;
    try {
      // after its first query a transaction can no longer be made writable
      const role = access === 'switch' ? `set local role ${READER_ROLE};` : '';
      await client.query(`begin read only; ${role} set local statement_timeout = ${Math.ceil(timeoutMs)}; select 1`);
      // the extended protocol takes exactly one statement
      const query: pg.QueryArrayConfig & { queryMode: 'extended' } = {
        text: sql,
        rowMode: 'array',
        queryMode: 'extended',
        types: readerTypes,
      };
      try {
        const { fields, rows } = await client.query<unknown[]>(query);
        return { columns: fields.map((field) => field.name), rows };
      } finally {
        await client.query('rollback');
        broken = false;
      }
    } finally {
      client.release(broken);
    }
  };

  return {
    query: async (sql) => {
      for (let again = true; ; again = false) {
        try {
          return await attempt(sql);
        } catch (error) {
          if (error instanceof pg.DatabaseError && isOfQuery(error)) {
            const sentence = isSeveral(error) ? 'one statement at a time, please' : sqlErrorText(sql, error);
            throw new LatentSweepError('SQL_FAILED', sentence, { sqlState: error.code ?? null }, error);
          }
          // an idle connection that Postgres's restart has cut
          if (again && isUnreachable(error)) continue;
          throw asStoreError(error, place);
        }
      }
    },
    close: async () => {
      await pool?.clients.end();
      pool = null;
    },
  };
}

/** Ran into its time-out; would write. From the writer's view these speak of the server, here of the query. */
const OF_QUERY = new Set(['57014', '25006']);

function isOfQuery(error: pg.DatabaseError): boolean {
  return OF_QUERY.has(error.code ?? '') || !isUnreachable(error);
}

function isSeveral(error: pg.DatabaseError): boolean {
  return error.code === '42601' && error.message.includes('multiple commands');
}

async function openPool(url: string): Promise<{ readonly clients: pg.Pool; readonly access: Access }> {
  const password = readerPassword(url);
  if (password !== null) {
    const own = new URL(url);
    own.username = READER_ROLE;
    own.password = encodeURIComponent(password);
    if (await mayLogIn(own.href)) return { clients: poolOf(own.href), access: 'login' };
  }
  const clients = poolOf(url);
  try {
    const { rows } = await clients.query<{ may: boolean | null }>(
      `select (select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = $1) as may`,
      [READER_ROLE],
    );
    return { clients, access: rows[0]?.may === true ? 'switch' : 'read_only' };
  } catch (error) {
    await clients.end();
    throw error;
  }
}

async function mayLogIn(url: string): Promise<boolean> {
  const client = new pg.Client(configOf(url));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    // no such role, another password, or it may not log in here
    if (error instanceof pg.DatabaseError && error.code?.startsWith('28') === true) return false;
    throw error;
  } finally {
    await client.end();
  }
}

function poolOf(url: string): pg.Pool {
  const clients = new pg.Pool({ ...configOf(url), max: 4 });
  // the end of an idle connection is no news: the next query opens another
  clients.on('error', () => undefined);
  clients.on('connect', (client) => client.on('error', () => undefined));
  return clients;
}

/** Without the writer's time-outs: the query has its own. */
function configOf(url: string): pg.ClientConfig {
  return connectionConfig({ url, applicationName: 'latent-sweep reader', queryTimeoutMs: 0 });
}
