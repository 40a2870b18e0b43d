// What errors of the driver and of Postgres mean; the only place where SQLSTATEs and socket codes are read.
// Class table: https://www.postgresql.org/docs/18/errcodes-appendix.html

import pg from 'pg';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ECONNABORTED',
  'ENOENT', // its unix socket is not there
]);

/** SQLSTATE classes: connection, insufficient resources (disk full, too many connections), operator intervention (shutdown, starting up). */
const PASSING_CLASSES = new Set(['08', '53', '57']);
/** Idle in transaction for too long (this process was suspended); read-only (a standby took over). */
const PASSING_STATES = new Set(['25P03', '25006']);
/** Transaction rollback (serialization failure, deadlock): repeated at once, and when that does not help later. */
const CONFLICT_CLASS = '40';
/** Of Node's TLS: a certificate that is not trusted, or for another host. */
const TLS_CODE = /CERT|^ERR_(TLS|SSL)|^UNABLE_TO_|^EPROTO$/;
/** Of pg 8.23: sslmode asks for TLS, which this server does not speak. */
const TLS_TEXT = /^The server does not support SSL connections$|^There was an error establishing an SSL connection$/;
/** Wrong password, no such role, no such database, no right to connect to it. */
const ACCESS_STATES = new Set(['28P01', '28000', '3D000', '42501']);
const TUPLE_CONCURRENTLY_UPDATED = 'XX000';
/** Data exception (out of range, a null in a text), integrity constraint: the same values are refused for ever. */
const REFUSING_CLASSES = new Set(['22', '23']);

const FOREIGN_KEY_VIOLATION = '23503';
/** invalid_table_definition of a view, invalid_function_definition. */
const CANNOT_REPLACE = new Set(['42P16', '42P13']);
const DEPENDENT_OBJECTS = '2BP01';

/** Texts of pg 8.23 for ends of a connection that carry no code. */
const DRIVER_TEXT =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|is not queryable|connection error|^timeout expired$/i;

/** The connection is gone or Postgres cannot serve now: nothing is known about the last statement, it may be repeated. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnreachable);
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (code === null) return DRIVER_TEXT.test(error.message);
  return SOCKET_CODES.has(code) || PASSING_STATES.has(code) || PASSING_CLASSES.has(code.slice(0, 2));
}

/** The transaction was rolled back because of another one; repeating it at once is right. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && (codeOf(error)?.startsWith(CONFLICT_CLASS) ?? false);
}

/** A row could not go because another one refers to it. @returns whose foreign key forbids it; null for every other error */
export function foreignKeyOf(error: unknown): { readonly table: string; readonly constraint: string } | null {
  if (!(error instanceof pg.DatabaseError) || error.code !== FOREIGN_KEY_VIOLATION) return null;
  return { table: error.table ?? '?', constraint: error.constraint ?? '?' };
}

/** A view or function stands in the way of its new definition: columns or a return type differ. */
export function cannotReplace(error: unknown): boolean {
  return error instanceof pg.DatabaseError && CANNOT_REPLACE.has(error.code ?? '');
}

/** Something is not dropped because others depend on it. @returns which, one per line; null for every other error */
export function dependentsOf(error: unknown): string | null {
  if (!(error instanceof pg.DatabaseError) || error.code !== DEPENDENT_OBJECTS) return null;
  return (error.detail ?? '?').replaceAll('\n', '; ');
}

/** The server answers, but this login may not come in. */
export function isRefusedLogin(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['28P01', '28000', '42501'].includes(error.code ?? '');
}

/** Another session has just changed the same row of a catalogue. */
export function isConcurrentUpdate(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === TUPLE_CONCURRENTLY_UPDATED;
}

/**
 * @param place host, port and database, without credentials
 * @param key of the configuration that names the place
 */
export function asStoreError(error: unknown, place: string, key = 'postgres.url'): unknown {
  if (error instanceof LatentSweepError || !(error instanceof Error)) return error;
  const code = codeOf(error) ?? '';
  if (isUnreachable(error) || isConflict(error)) {
    return new LatentSweepError(
      'STORE_UNREACHABLE',
      `Postgres at ${place} does not answer (${code || error.message})`,
      { place },
      error,
    );
  }
  if (ACCESS_STATES.has(code) || TLS_CODE.test(code) || TLS_TEXT.test(error.message)) {
    return new LatentSweepError('CONFIG_INVALID', `${key}: ${place} refuses: ${error.message}`, { place, key }, error);
  }
  if (REFUSING_CLASSES.has(code.slice(0, 2)) && code !== FOREIGN_KEY_VIOLATION) {
    return new LatentSweepError(
      'STORE_FAILED',
      `Postgres refuses the values (${code}): ${error.message}`,
      { sqlstate: code },
      error,
    );
  }
  return error;
}

function codeOf(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}
