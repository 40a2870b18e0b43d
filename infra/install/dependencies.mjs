// npm ci, but only when what is installed is not what the lock file says. Two questions, the cheap one first: the stamp of our last
// installation, then npm's own record of what it put there (so that a plain `npm install` by hand is not repeated). To run the program,
// development packages are not needed; where they are, they may stay.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prunePackages } from './prune.mjs';
import { runLogged } from './step.mjs';

const STAMP = '.latent-sweep-lock-sha256';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, dev?: boolean }} LockEntry */
/** What the packages are for. @typedef {'run' | 'develop'} Purpose */

/**
 * @param {string} root
 * @param {Purpose} purpose
 */
export function isInstalled(root, purpose) {
  const stamp = join(root, 'node_modules', STAMP);
  const stamped = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  /** @type {readonly Purpose[]} */
  const enough = purpose === 'run' ? ['develop', 'run'] : ['develop'];
  if (enough.some((done) => stamped === stampText(root, done))) return true;
  const found = enough.find((done) => agreesWithLock(root, done));
  if (found === undefined) return false;
  writeFileSync(stamp, stampText(root, found));
  return true;
}

/**
 * @param {string} root
 * @param {string} log
 * @param {Purpose} purpose
 */
export async function install(root, log, purpose) {
  // whatever NODE_ENV says
  const which = purpose === 'run' ? '--omit=dev' : '--include=dev';
  // no scripts, whatever the user's own npm settings say: what they are needed for is done by prepare.mjs
  const args = ['ci', which, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const npm = process.env['npm_execpath'];
  const viaNode = npm !== undefined && /npm-cli\.c?js$/.test(npm);
  await runLogged(viaNode ? process.execPath : 'npm', viaNode ? [npm, ...args] : args, { log, cwd: root });
  prunePackages(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules', STAMP), stampText(root, purpose));
}

/**
 * @param {string} root
 * @param {Purpose} purpose
 */
function stampText(root, purpose) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const hash = createHash('sha256').update(lock).update(`${process.platform} ${process.arch}`).digest('hex');
  return `${hash} ${purpose}`;
}

/**
 * @param {string} root
 * @param {Purpose} purpose
 */
function agreesWithLock(root, purpose) {
  // npm writes this file last, so that an interrupted installation leaves none
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = entries(join(root, 'package-lock.json'));
  const present = entries(record);
  for (const [path, entry] of wanted) {
    if (path === '') continue;
    const found = present.get(path);
    // packages for other platforms are left out by npm
    const mayLack = entry.optional === true || (purpose === 'run' && entry.dev === true);
    if (found === undefined ? !mayLack : found.version !== entry.version || found.integrity !== entry.integrity)
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
