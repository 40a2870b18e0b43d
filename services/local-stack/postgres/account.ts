// Whom Postgres runs as. It refuses to run as root; then it gets an account without rights of its own: `postgres` where that exists, else
// `nobody`, which every system has. Nothing is added to the system.

import { execFileSync } from 'node:child_process';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** @returns null = as ourselves */
export function postgresAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const found = account('postgres') ?? account('nobody');
  if (found === null) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      'Postgres refuses to run as root and there is no account postgres or nobody; run lsweep as another user, or set postgres.url',
      { key: 'postgres.url' },
    );
  }
  return found;
}

function account(name: string): Account | null {
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' })),
    );
    return uid === undefined || gid === undefined ? null : { name, uid, gid };
  } catch {
    // id ends with 1 for an unknown name
    return null;
  }
}
