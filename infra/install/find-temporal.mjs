// Looks for a Temporal server that is already here: the configured program, PATH, the cache. Each candidate is run with --version, so that
// a broken or too old one is known before it is needed. Also used by the local stack and by tests.

import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** The first server whose task queues know fairness keys. */
const OLDEST_SERVER = { major: 1, minor: 29 };
/** Ends a program that hangs; on a full machine or a cold network disk a healthy one takes long. */
const VERSION_TIMEOUT_MS = 180_000;

/** @typedef {{ path: string, version: string, from: 'configuration' | 'PATH' | 'cache' }} TemporalBinary */
/** @typedef {{ configured?: string | null | undefined, path?: string | undefined, cacheDir: string, note?: (text: string) => void }} Places */

/**
 * @param {Places} places
 * @returns {Promise<TemporalBinary | null>} null: none is here
 * @throws {Error} when the configured program is not usable: what a user names is never replaced silently
 */
export async function findTemporal({ configured, path = '', cacheDir: cache, note = () => undefined }) {
  if (configured) {
    const checked = await check(configured);
    if (checked.fault !== null)
      throw new Error(`temporal.binary (LSWEEP_TEMPORAL_BINARY) is ${configured}, which ${checked.fault}`);
    return { path: configured, version: checked.version, from: 'configuration' };
  }
  const onPath = path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'temporal'));
  const candidates = [
    ...onPath.map((file) => ({ file, from: /** @type {const} */ ('PATH') })),
    { file: join(cache, 'temporal'), from: /** @type {const} */ ('cache') },
  ];
  for (const { file, from } of candidates) {
    if (!isExecutable(file)) continue;
    const checked = await check(file);
    if (checked.fault === null) return { path: file, version: checked.version, from };
    note(`${file} ${checked.fault}; looking further`);
  }
  return null;
}

/**
 * @param {string} file
 * @returns {Promise<{ version: string, fault: null } | { fault: string }>} `fault` completes "FILE ..."
 */
export async function check(file) {
  let text;
  try {
    text = (await promisify(execFile)(file, ['--version'], { timeout: VERSION_TIMEOUT_MS })).stdout.trim();
  } catch (error) {
    return { fault: `does not run (${error instanceof Error ? error.message.split('\n')[0] : error})` };
  }
  const server = /Server (\d+)\.(\d+)/.exec(text);
  if (server === null)
    return { fault: `is no Temporal with a development server (--version says: ${text.slice(0, 80)})` };
  const [major, minor] = [Number(server[1]), Number(server[2])];
  const isOld = major < OLDEST_SERVER.major || (major === OLDEST_SERVER.major && minor < OLDEST_SERVER.minor);
  if (isOld)
    return {
      fault: `holds server ${major}.${minor}; ${OLDEST_SERVER.major}.${OLDEST_SERVER.minor} or later is needed`,
    };
  return { version: text, fault: null };
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // absent, or not for us: either way no candidate
    return false;
  }
}
