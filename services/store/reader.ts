// Queries: one statement at a time, in a read-only transaction that is always rolled back, under a login that fits whose statements they
// are (reader-login.ts). Long answers come in batches through a cursor, so that no answer has to fit into memory.

import pg from 'pg';
import { connectionConfig, placeOf } from './connection.ts';
import { asStoreError, isUnreachable } from './postgres-errors.ts';
import { queryError } from './query-error.ts';
import { findReaderLogin, type ReaderAccess } from './reader-login.ts';
import { READER_TIMEOUT_MS } from './reader-role.ts';
import { readerTypes } from './reader-types.ts';

/** Answer to one statement; columns and rows in the order of the query. */
export interface QueryResult {
  /** Names as in the query; two may be equal. */
  readonly columns: readonly string[];
  /** Numbers (numeric too), booleans, strings, null, Date for timestamptz, parsed json, arrays of these. */
  readonly rows: readonly (readonly unknown[])[];
}

/** One part of an answer, with the types that Postgres gave the columns. */
export interface TypedResult extends QueryResult {
  /** Object ids of pg_type, one per column. */
  readonly typeIds: readonly number[];
}

/** Runs statements that cannot write: each in a read-only transaction that is rolled back. */
export interface Reader {
  /** The whole answer. @throws LatentSweepError SQL_FAILED with the place in the query, STORE_UNREACHABLE, CONFIG_INVALID */
  query(sql: string): Promise<QueryResult>;
  /** The same in batches of at most `most` rows, in memory one at a time; the first may have none. Ending the loop ends the query. */
  batches(sql: string, most: number): AsyncGenerator<TypedResult, void, undefined>;
  close(): Promise<void>;
}

/** Under which login, and how long to wait, in milliseconds. */
export interface ReaderOptions extends ReaderAccess {
  /** Longest wait for an answer, or for one batch of it; default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Time beyond it after which no answer means that there is no server, ms; 15,000 unless a test says otherwise. */
  readonly silenceMs?: number | undefined;
}

/** Nothing connects before the first query. */
export function openReader(url: string, options: ReaderOptions = {}): Reader {
  const timeoutMs = options.timeoutMs ?? READER_TIMEOUT_MS;
  const place = placeOf(url);
  const key = options.urlOf === 'reader' ? 'postgres.readerUrl' : 'postgres.url';
  let pool: pg.Pool | null = null;
  let opening: Promise<pg.Pool> | null = null;

  const open = async (): Promise<pg.Pool> => {
    if (pool !== null) return pool;
    opening ??= findReaderLogin(url, options).then((login) =>
      poolOf(login, options.connectTimeoutMs, timeoutMs + (options.silenceMs ?? SILENCE_MS)),
    );
    try {
      pool = await opening;
      return pool;
    } finally {
      opening = null;
    }
  };
  /** A connection in a transaction that can no longer be made writable: it has had its first query. */
  const begin = async (): Promise<pg.PoolClient> => {
    const client = await connect(await open());
    try {
      await beginOn(client, timeoutMs);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  };
  /** A login that is refused is no fault of the query; a connection that is gone is tried again by the caller. */
  const connect = async (clients: pg.Pool): Promise<pg.PoolClient> => {
    try {
      return await clients.connect();
    } catch (error) {
      throw isUnreachable(error) ? error : asStoreError(error, place, key);
    }
  };
  /** No answer to the query: the connection is gone. */
  const isGone = (sql: string, error: unknown): boolean =>
    queryError(sql, error, timeoutMs) === null && isUnreachable(error);
  /** @param isBroken the connection is gone: a rollback would wait in vain */
  const end = async (client: pg.PoolClient, isBroken: boolean): Promise<void> => {
    if (isBroken) {
      client.release(true);
      return;
    }
    let broken = true;
    try {
      await client.query('rollback');
      broken = false;
    } finally {
      client.release(broken);
    }
  };
  const attempt = async (sql: string): Promise<QueryResult> => {
    const client = await begin();
    let isBroken = false;
    try {
      return await answer(client, sql);
    } catch (error) {
      isBroken = isGone(sql, error);
      throw error;
    } finally {
      await end(client, isBroken);
    }
  };
  const explain = (sql: string, error: unknown): unknown =>
    queryError(sql, error, timeoutMs) ?? asStoreError(error, place, key);

  return {
    query: async (sql) => {
      for (let again = true; ; again = false) {
        try {
          return await attempt(sql);
        } catch (error) {
          // an idle connection that Postgres's restart has cut
          if (again && isGone(sql, error)) continue;
          throw explain(sql, error);
        }
      }
    },
    batches: async function* (sql, most) {
      try {
        const client = await begin();
        let isBroken = false;
        try {
          yield* throughCursor(client, sql, most, timeoutMs);
        } catch (error) {
          isBroken = isGone(sql, error);
          throw error;
        } finally {
          await end(client, isBroken);
        }
      } catch (error) {
        throw explain(sql, error);
      }
    },
    close: async () => {
      await pool?.end();
      pool = null;
    },
  };
}

async function beginOn(client: pg.PoolClient, timeoutMs: number): Promise<void> {
  // a cursor is read to its end: its plan is that of the whole answer, not of its first rows
  const settings = `set local statement_timeout = ${Math.ceil(timeoutMs)}; set local cursor_tuple_fraction = 1`;
  await client.query(`begin read only; ${settings}; select 1`);
}

/** The extended protocol takes exactly one statement. */
async function answer(client: pg.PoolClient, sql: string): Promise<TypedResult> {
  const query: pg.QueryArrayConfig & { queryMode: 'extended' } = {
    text: sql,
    rowMode: 'array',
    queryMode: 'extended',
    types: readerTypes,
  };
  const { fields, rows } = await client.query<unknown[]>(query);
  return { columns: fields.map((field) => field.name), typeIds: fields.map((field) => field.dataTypeID), rows };
}

/** SQL's own cursor. What cannot be one (show, explain, ...) or is wrong is run as it stands, so that its errors are about its own text. */
async function* throughCursor(
  client: pg.PoolClient,
  sql: string,
  most: number,
  timeoutMs: number,
): AsyncGenerator<TypedResult, void, undefined> {
  try {
    await answer(client, `declare lsweep_answer no scroll cursor for ${sql}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || isUnreachable(error)) throw error;
    await client.query('rollback');
    await beginOn(client, timeoutMs);
    yield await answer(client, sql);
    return;
  }
  for (let count = most; count === most; ) {
    const batch = await answer(client, `fetch ${most} from lsweep_answer`);
    count = batch.rows.length;
    yield batch;
  }
}

const SILENCE_MS = 15_000;

function poolOf(url: string, connectTimeoutMs: number | undefined, answerMs: number): pg.Pool {
  // without the writer's time-outs: the query has its own
  const config = connectionConfig({
    ...{ url, connectTimeoutMs },
    ...{ applicationName: 'latent-sweep reader', queryTimeoutMs: 0 },
  });
  // a server that ends an over-long query itself is given the time to say so; one that says nothing at all is away
  const clients = new pg.Pool({ ...config, max: 4, query_timeout: answerMs });
  // the end of an idle connection is no news: the next query opens another
  clients.on('error', () => undefined);
  clients.on('connect', (client) => client.on('error', () => undefined));
  return clients;
}
