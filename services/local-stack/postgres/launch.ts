// How a Postgres program is started: as ourselves, or as an account without rights when we are root; then every folder on the way must be
// open to that account, which is checked first, because Postgres' own words for it do not name the folder.

import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Account } from './account.ts';

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * @param paths all that the account must reach, besides the program
 * @throws LatentSweepError CONFIG_INVALID naming the folder that is closed
 */
export function launchAs(
  account: Account | null,
  file: string,
  args: readonly string[],
  paths: readonly string[],
): Launch {
  if (account === null) return { file, args };
  const closed = [file, ...paths].map((path) => closedFolder(account, path)).find((folder) => folder !== null);
  if (closed === undefined) return { file, args, uid: account.uid, gid: account.gid };
  throw new LatentSweepError(
    'CONFIG_INVALID',
    `Postgres refuses to run as root and runs as ${account.name} here, to whom the folder ${closed} is closed; open it (chmod o+x), ` +
      'move the project or stateDir, run lsweep as another user, or set postgres.url',
    { key: 'stateDir', folder: closed, account: account.name },
  );
}

/** @returns the first folder on the way to `path` that the account may not pass; null = it gets there */
export function closedFolder({ uid, gid }: Account, path: string): string | null {
  const reaches = (place: string): boolean =>
    spawnSync('/bin/sh', ['-c', 'test -e "$1"', 'sh', place], { uid, gid, cwd: '/' }).status === 0;
  if (reaches(path)) return null;
  const above = dirname(path);
  return closedFolder({ name: '', uid, gid }, above) ?? above;
}
