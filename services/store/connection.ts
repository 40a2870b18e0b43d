// How this project connects to Postgres: types, time-outs, and the name of the place for messages. Nothing global of pg is changed.

import pg from 'pg';

/** Where Postgres is and how long to wait for it, in milliseconds. */
export interface ConnectionOptions {
  /** postgres://user:password@host:port/database */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string | undefined;
  /** Default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** A statement without an answer for so long means that Postgres is away; default 30,000. 0 = wait for ever. */
  readonly queryTimeoutMs?: number | undefined;
}

const INT8 = 20;

/** int8 as a number; every id and count of ours fits, and one that does not must not be rounded. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a number; select it as text`);
  return value;
}

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? parseInt8
      : (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
};

/**
 * Configuration for the driver: int8 as number (refused beyond 2^53), keep-alive, and time-outs on both sides so that
 * a lost process holds no lock for ever.
 */
export function connectionConfig(options: ConnectionOptions): pg.ClientConfig {
  const queryTimeoutMs = options.queryTimeoutMs ?? 30_000;
  return {
    connectionString: options.url,
    application_name: options.applicationName ?? 'latent-sweep',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
    ...(queryTimeoutMs === 0
      ? {}
      : {
          query_timeout: queryTimeoutMs,
          // the server gives up too, so that a suspended or vanished process holds no lock for ever
          statement_timeout: 2 * queryTimeoutMs,
          idle_in_transaction_session_timeout: 2 * queryTimeoutMs,
        }),
  };
}

/** host:port/database, without credentials. */
export function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch (error) {
    if (error instanceof TypeError) return 'postgres.url';
    throw error;
  }
}
