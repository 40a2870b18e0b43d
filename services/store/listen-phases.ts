// News of phases over LISTEN, on a connection of its own that is made again whenever it breaks. After each connect everybody is told
// that anything may have changed, because what was notified meanwhile is lost.

import pg from 'pg';
import { type ConnectionOptions, connectionConfig, placeOf } from './connection.ts';
import { asStoreError, isUnreachable } from './postgres-errors.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;
/** A half-open connection brings no news and no error; a small query finds out. */
const PROBE_EVERY_MS = 10_000;
const PROBE_TIMEOUT_MS = 5_000;

/** Resolves when `signal` fires. @throws what is not a lost connection, such as a refused password */
export async function listenPhases(
  options: ConnectionOptions,
  signal: AbortSignal,
  onChange: (phaseKey: string | null) => void,
): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    const client = new pg.Client({ ...connectionConfig(options), query_timeout: PROBE_TIMEOUT_MS });
    try {
      const ended = endOf(client, signal);
      await client.connect();
      client.on('notification', ({ payload }) => onChange(payload ?? null));
      await client.query('listen lsweep_phase');
      onChange(null);
      waitMs = FIRST_WAIT_MS;
      await ended;
    } catch (error) {
      if (!isUnreachable(error)) throw asStoreError(error, placeOf(options.url));
    } finally {
      await closeQuietly(client);
    }
    await pause(waitMs, signal);
  }
}

/** Resolves when the connection ends, answers no more, or `signal` fires. */
function endOf(client: pg.Client, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const probe = setInterval(() => {
      client.query('select 1').catch(end);
    }, PROBE_EVERY_MS);
    const end = (): void => {
      clearInterval(probe);
      signal.removeEventListener('abort', end);
      resolve();
    };
    client.on('error', end);
    client.on('end', end);
    signal.addEventListener('abort', end);
  });
}

/** The connection may be broken or never made: that is why it is closed. */
async function closeQuietly(client: pg.Client): Promise<void> {
  await client.end().catch((error: unknown) => {
    if (!isUnreachable(error)) throw error;
  });
}

function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done);
  });
}
