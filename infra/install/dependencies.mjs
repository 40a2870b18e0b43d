// npm ci, but only when what is installed is not what the lock file says. Two questions, the cheap one first: the stamp of our last
// installation, then npm's own record of what it put there (so that a plain `npm install` by hand is not repeated).

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prunePackages } from './prune.mjs';
import { runLogged } from './step.mjs';

const STAMP = '.latent-sweep-lock-sha256';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockEntry */

/** @param {string} root */
export function isInstalled(root) {
  const modules = join(root, 'node_modules');
  const hash = lockHash(root);
  const stamp = join(modules, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return true;
  if (!agreesWithLock(root)) return false;
  writeFileSync(stamp, hash);
  return true;
}

/**
 * @param {string} root
 * @param {string} log
 */
export async function install(root, log) {
  // development packages too, whatever NODE_ENV says: tsx, tests and checks need them
  // no scripts, whatever the user's own npm settings say: what they are needed for is done by prepare.mjs
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const npm = process.env['npm_execpath'];
  const viaNode = npm !== undefined && /npm-cli\.c?js$/.test(npm);
  await runLogged(viaNode ? process.execPath : 'npm', viaNode ? [npm, ...args] : args, { log, cwd: root });
  prunePackages(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules', STAMP), lockHash(root));
}

/** @param {string} root */
function lockHash(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(lock).update(`${process.platform} ${process.arch}`).digest('hex');
}

/** @param {string} root */
function agreesWithLock(root) {
  // npm writes this file last, so that an interrupted installation leaves none
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = entries(join(root, 'package-lock.json'));
  const present = entries(record);
  for (const [path, entry] of wanted) {
    if (path === '') continue;
    const found = present.get(path);
    // packages for other platforms are left out by npm
    if (
      found === undefined
        ? entry.optional !== true
        : found.version !== entry.version || found.integrity !== entry.integrity
    )
      return false;
  }
  return [...present.keys()].every((path) => wanted.has(path));
}

/**
 * @param {string} file
 * @returns {Map<string, LockEntry>}
 */
function entries(file) {
  return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages));
}
