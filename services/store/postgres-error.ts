// An error of Postgres or its driver that reached the end of a process without being told where it arose.

import pg from 'pg';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { asStoreError } from './postgres-errors.ts';

/** @returns null when it is not Postgres's; one with a socket's code, or of several addresses, may be any connection's */
export function postgresError(error: Error): LatentSweepError | null {
  const isAnswer = error instanceof pg.DatabaseError;
  if (!isAnswer && ('code' in error || error instanceof AggregateError)) return null;
  const known = asStoreError(error, 'the configured address');
  if (known instanceof LatentSweepError) return known;
  if (!isAnswer) return null;
  const sqlState = error.code ?? null;
  const sentence = `Postgres refuses a statement (${sqlState ?? 'no SQLSTATE'}): ${error.message}`;
  return new LatentSweepError('STORE_FAILED', sentence, { sqlState }, error);
}
