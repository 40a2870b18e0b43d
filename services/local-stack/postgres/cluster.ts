// The cluster of the local stack: made once, by initdb beside its final place and one rename, so that an interrupted start leaves nothing
// half made. Its password is made with it and kept beside it.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type Account, postgresAccount } from './account.ts';
import { launchAs } from './launch.ts';
import { clusterPlace, notedPlace } from './open-place.ts';
import { postgresPrograms } from './programs.ts';

export const POSTGRES_USER = 'postgres';
export const DATABASE = 'latentsweep';

export interface Cluster {
  readonly folder: string;
  readonly data: string;
  readonly password: string;
  readonly account: Account | null;
}

/** @param wanted the stack's folder for it; the cluster may have had to go elsewhere (open-place.ts) */
export function clusterExists(wanted: string): boolean {
  const folder = notedPlace(wanted);
  return existsSync(join(folder, 'data', 'PG_VERSION')) && existsSync(join(folder, 'password'));
}

/** Its folder and password, made when they are missing; the data follow with `makeCluster`. @throws LatentSweepError CONFIG_INVALID */
export function clusterIn(wanted: string): Cluster {
  const account = postgresAccount();
  const folder = clusterPlace(wanted, account);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  if (!existsSync(passwordFile)) {
    if (existsSync(data)) {
      throw new LatentSweepError(
        'CONFIG_INVALID',
        `${passwordFile} is missing, without which ${data} cannot be used; restore it, or move ${folder} away`,
        {
          key: 'stateDir',
          folder,
        },
      );
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // whole or not at all: a cut-off password would lock us out of the cluster made with it
    const draft = `${passwordFile}.new`;
    writeFileSync(draft, randomBytes(24).toString('base64url'), { mode: 0o600 });
    for (const path of [folder, draft]) if (account !== null) chownSync(path, account.uid, account.gid);
    renameSync(draft, passwordFile);
  }
  return { folder, data, password: readFileSync(passwordFile, 'utf8').trim(), account };
}

/** Makes the data when there are none: about 1 to 3 s. @throws LatentSweepError CONFIG_INVALID with the words of initdb */
export async function makeCluster(cluster: Cluster): Promise<void> {
  const { folder, data } = cluster;
  if (clusterExists(folder)) return;
  if (existsSync(data)) {
    throw new LatentSweepError('CONFIG_INVALID', `${data} is no Postgres cluster; move it away`, {
      key: 'stateDir',
      folder,
    });
  }
  for (const name of readdirSync(folder)) {
    if (name.startsWith('making-')) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const making = join(folder, `making-${process.pid}`);
  await initdb(cluster, making);
  renameSync(making, data);
}

async function initdb({ folder, account }: Cluster, data: string): Promise<void> {
  const programs = await postgresPrograms(account);
  // a locale that every build of Postgres brings along, so that the same data sorts alike everywhere
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8'];
  const access = ['--auth=scram-sha-256', `--username=${POSTGRES_USER}`, `--pwfile=${join(folder, 'password')}`];
  const { file, args, ...user } = launchAs(
    account,
    programs.initdb,
    [`--pgdata=${data}`, ...access, ...locale],
    [folder],
  );
  try {
    await promisify(execFile)(file, [...args], { ...user, cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `initdb could not make ${data}: ${words}`,
      { key: 'stateDir', folder },
      error,
    );
  }
}
