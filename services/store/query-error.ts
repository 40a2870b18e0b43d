// What an error of Postgres means to the person whose query it was: the server's own words with the place, or what to set differently.

import pg from 'pg';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { isUnreachable } from './postgres-errors.ts';
import { sqlErrorText } from './sql-error-text.ts';

/** From the writer's view these speak of the server, here of the query: time-out or cancelled, would write, too much memory or disk. */
const OF_QUERY = new Set(['57014', '25006', '53100', '53200', '53400']);

/** @returns null when the error is no answer to the query: the connection is gone, or Postgres cannot serve */
export function queryError(sql: string, error: unknown, timeoutMs: number): LatentSweepError | null {
  if (!(error instanceof pg.DatabaseError)) return null;
  if (!OF_QUERY.has(error.code ?? '') && isUnreachable(error)) return null;
  return new LatentSweepError('SQL_FAILED', sentenceOf(sql, error, timeoutMs), { sqlState: error.code ?? null }, error);
}

function sentenceOf(sql: string, error: pg.DatabaseError, timeoutMs: number): string {
  if (error.code === '57014' && error.message.includes('statement timeout')) {
    return `no answer within ${timeoutMs / 1000} s (${error.message}); postgres.readerTimeoutMs allows more (LSWEEP_POSTGRES_READER_TIMEOUT_MS=${10 * timeoutMs})`;
  }
  if (error.code === '53400') {
    return `${error.message}: the query sorts or joins more than the role that reads may put on the disk; ask for less, or have an administrator raise temp_file_limit of that role`;
  }
  if (error.code === '42601' && error.message.includes('multiple commands')) return 'one statement at a time, please';
  return sqlErrorText(sql, error);
}
