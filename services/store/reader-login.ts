// Which login reads. Statements of people run only under one that can do nothing else (login-powers.ts); our own queries may make do with
// the writer's login, in a transaction that is read-only.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { placeOf } from './connection.ts';
import { loginPowers } from './login-powers.ts';
import { asStoreError } from './postgres-errors.ts';
import { READER_ROLE, readerUrl } from './reader-role.ts';

/** Under which login to read, and whose statements it will run. */
export interface ReaderAccess {
  /** Whose the url is: the writer's (default), from which the reader's is derived, or a login that only reads (postgres.readerUrl). */
  readonly urlOf?: 'writer' | 'reader';
  /** `people` (default): a login that could do more than read is refused. `ourselves`: never for a statement that a person gave. */
  readonly statementsOf?: 'people' | 'ourselves';
  /** Default as of every connection (connection.ts). */
  readonly connectTimeoutMs?: number | undefined;
}

/** @throws LatentSweepError CONFIG_INVALID when people's statements would run under a login that could do more, STORE_UNREACHABLE */
export async function findReaderLogin(url: string, access: ReaderAccess): Promise<string> {
  const { urlOf = 'writer', statementsOf = 'people' } = access;
  if (urlOf === 'reader' && statementsOf === 'ourselves') return url;
  const login = urlOf === 'reader' ? url : readerUrl(url);
  const powers = login === null ? null : await askPowers(login, access.connectTimeoutMs);
  if (login !== null && powers !== null && (powers.length === 0 || statementsOf === 'ourselves')) return login;
  if (statementsOf === 'ourselves') return url;
  throw refusal(refused(urlOf, login, powers));
}

async function askPowers(login: string, connectTimeoutMs: number | undefined): Promise<readonly string[] | null> {
  try {
    return await loginPowers(login, connectTimeoutMs);
  } catch (error) {
    throw asStoreError(error, placeOf(login));
  }
}

function refused(urlOf: 'writer' | 'reader', login: string | null, powers: readonly string[] | null): string {
  const name = urlOf === 'reader' ? 'the login of postgres.readerUrl' : `the role ${READER_ROLE}`;
  if (powers !== null) return `${name} ${powers.join(', ')}`;
  if (urlOf === 'reader') return `${name} is not let in`;
  return login === null
    ? `postgres.url has no password, from which that of ${READER_ROLE} is derived`
    : `${name} is not let in with the password that belongs to postgres.url: no orchestrator has made it yet, the login of postgres.url may not make roles, or it has the password of another one`;
}

function refusal(reason: string): LatentSweepError {
  const sentence = [
    `a query of yours needs a login that can only read, and ${reason}.`,
    'Set postgres.readerUrl to one. An administrator makes it with',
    `  create role NAME login password '...'; grant ${READER_ROLE} to NAME;`,
    `or, without the role ${READER_ROLE}, grants it usage on the schemas public and study and select on latent-sweep's tables and views.`,
  ].join('\n');
  return new LatentSweepError('CONFIG_INVALID', sentence, { key: 'postgres.readerUrl' });
}
