// The state folder, closed to other users: logs, spools, checkpoints and secrets are nobody's business. One that was made wider, by hand or by an
// earlier version, is closed when it is next used; never the folder of the work itself, which may be shared on purpose.

import { chmodSync, chownSync, statSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { makeFolder } from '../artifacts/index.ts';
import type { Config } from '../config/index.ts';
import { layoutOf } from './layout.ts';
import { type Account, postgresAccount } from './postgres/account.ts';

/** @throws LatentSweepError CONFIG_INVALID naming `stateDir` when it cannot be made or closed */
export function makeStateFolder({ stateDir, dir }: Pick<Config, 'stateDir' | 'dir'>): void {
  // when we are root, the account that Postgres runs as must be able to pass, and nobody else
  const account = postgresAccount();
  const mode = account === null ? 0o700 : 0o710;
  const { logs, run, nodes, temporalFile, artifacts } = layoutOf(stateDir);
  try {
    makeFolder(stateDir, mode);
    if (!holds(stateDir, dir)) close(stateDir, mode, account);
    for (const folder of [logs, run, nodes, dirname(temporalFile), artifacts]) makeFolder(folder, 0o700);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `stateDir is ${stateDir}, which cannot be made or closed to other users (${words})`,
      { key: 'stateDir', stateDir },
      error,
    );
  }
}

/** Somebody else's folder is left to him. */
function close(folder: string, mode: number, account: Account | null): void {
  const found = statSync(folder);
  if (process.getuid !== undefined && found.uid !== process.getuid()) return;
  if (account !== null && found.gid !== account.gid) chownSync(folder, found.uid, account.gid);
  if ((found.mode & 0o777) !== mode) chmodSync(folder, mode);
}

/** Whether `inner` is `outer`, or lies in it. */
function holds(outer: string, inner: string): boolean {
  return !relative(outer, inner).split('/').includes('..');
}
