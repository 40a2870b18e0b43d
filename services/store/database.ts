// The connection pool and the transaction, with short retries: a conflict is repeated at once, a lost connection a few times over
// about a second; then STORE_UNREACHABLE, and whoever calls waits (orchestrator/persist.ts). Work that is repeated must be idempotent.

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type ConnectionOptions, connectionConfig, placeOf } from './connection.ts';
import { asStoreError, isConflict, isUnreachable } from './postgres-errors.ts';
import type { Statement } from './statement.ts';

/** An open transaction, or a single statement of its own. */
export interface Tx {
  query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>;
}

/** A connection, and how many of them at a time. */
export interface DatabaseOptions extends ConnectionOptions {
  /** Most connections; default 8. */
  readonly poolSize?: number | undefined;
}

const RECONNECT_WAITS_MS = [50, 200, 600];
const MOST_CONFLICTS = 10;

/**
 * Pool of connections to one database. Conflicts and short losses are retried, so work given to it must be safe to
 * repeat.
 * Methods throw LatentSweepError STORE_UNREACHABLE when Postgres stays away for about a second.
 */
export class Database {
  readonly place: string;
  readonly #pool: pg.Pool;
  #closed: Promise<void> | null = null;

  constructor(options: DatabaseOptions) {
    this.place = placeOf(options.url);
    this.#pool = new pg.Pool({ ...connectionConfig(options), max: options.poolSize ?? 8, idleTimeoutMillis: 30_000 });
    // the end of an idle connection is no news: the next statement opens another or fails itself
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** One statement, which is a transaction by itself. */
  query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#run((client) => send<Row>(client, statement, values));
  }

  /** Read committed: rows that decide something are locked first. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#run(async (client) => {
      await client.query('begin');
      try {
        const result = await work({ query: (statement, values) => send(client, statement, values) });
        await client.query('commit');
        return result;
      } catch (error) {
        if (!isUnreachable(error)) await client.query('rollback');
        throw error;
      }
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }

  async #run<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    for (let conflicts = 0, losses = 0; ; ) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (isConflict(error) && conflicts < MOST_CONFLICTS) {
          conflicts += 1;
          continue;
        }
        const waitMs = isUnreachable(error) && this.#closed === null ? RECONNECT_WAITS_MS[losses] : undefined;
        if (waitMs === undefined) throw asStoreError(error, this.place);
        losses += 1;
        await pause(waitMs);
      }
    }
  }

  async #once<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      // a connection in an unknown state is not used again
      client.release(isUnreachable(error) || !isServerError(error));
      throw error;
    }
  }
}

async function send<Row extends pg.QueryResultRow>(
  client: pg.PoolClient,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>({ name, text, values: [...values] });
  return rows;
}

function isServerError(error: unknown): boolean {
  return error instanceof pg.DatabaseError;
}
