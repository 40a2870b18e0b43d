// Where Postgres lives when it must run as another account (account.ts) to whom the project's own folder is closed, as /root is: a folder
// of the system that everybody may pass. Only then; otherwise data and programs stay where they are.

import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Account } from './account.ts';
import { closedFolder } from './launch.ts';

const OPEN_ROOT = '/var/lib/latent-sweep';

/**
 * The folder of the cluster that belongs to `folder`: itself, or the one that the note in it names. A new note is written when the account
 * cannot reach `folder`, so that removing `folder` also forgets the cluster.
 *
 * @throws LatentSweepError CONFIG_INVALID when no open folder can be made
 */
export function clusterPlace(folder: string, account: Account | null): string {
  const known = notedPlace(folder);
  if (known !== folder || account === null || closedFolder(account, dirname(folder)) === null) return known;
  const place = join(openFolder('clusters'), randomUUID());
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(`${noteOf(folder)}.new`, place);
  renameSync(`${noteOf(folder)}.new`, noteOf(folder));
  return place;
}

/** As `clusterPlace`, without making anything. */
export function notedPlace(folder: string): string {
  return existsSync(noteOf(folder)) ? readFileSync(noteOf(folder), 'utf8').trim() : folder;
}

/** `folder`, or a copy of it that the account can reach; copied once per `name`. */
export function reachableCopy(folder: string, name: string, account: Account | null): string {
  if (account === null || closedFolder(account, folder) === null) return folder;
  const copy = join(openFolder('programs'), name);
  if (existsSync(copy)) return copy;
  const making = `${copy}.${randomUUID()}`;
  cpSync(folder, making, { recursive: true, verbatimSymlinks: true });
  openToOthers(making);
  try {
    renameSync(making, copy);
  } catch (error) {
    // another process was faster: its copy serves
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

const noteOf = (folder: string): string => join(folder, 'moved-to');

function openFolder(name: string): string {
  const folder = join(OPEN_ROOT, name);
  try {
    mkdirSync(folder, { recursive: true });
    // the caller's umask may have closed them
    for (const made of [OPEN_ROOT, folder]) chmodSync(made, 0o755);
  } catch (error) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `Postgres refuses to run as root, and ${folder}, where another account could run it, cannot be made; set postgres.url, move the project to a folder that is open to others (chmod o+x), or run as another user`,
      { key: 'postgres.url', folder },
      error,
    );
  }
  return folder;
}

/** As `chmod -R go+rX`: what was installed under a umask such as 077 is closed to others. */
export function openToOthers(path: string): void {
  const entries = [path, ...readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))];
  for (const entry of entries) {
    const stat = lstatSync(entry);
    if (stat.isSymbolicLink()) continue;
    const isPassable = stat.isDirectory() || (stat.mode & 0o100) !== 0;
    chmodSync(entry, stat.mode | (isPassable ? 0o055 : 0o044));
  }
}
