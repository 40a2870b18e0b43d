// Makes a fresh clone ready, and does nothing when it is: checks Node, installs the packages that the lock file names, compiles what changed,
// finds or fetches the Temporal server. Runs before `npm test`, and as `prepare.mjs run`, which leaves development packages out, before
// `npm start`; so it needs nothing but Node itself.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../build/build.mjs';
import { isBuildFresh } from '../build/record.mjs';
import { cacheDir } from './cache-dir.mjs';
import { install, isInstalled } from './dependencies.mjs';
import { fetchTemporal } from './fetch-temporal.mjs';
import { findTemporal } from './find-temporal.mjs';
import { withInstallLock } from './install-lock.mjs';
import { ensurePostgresRuns } from './postgres-links.mjs';
import { step } from './step.mjs';

const OLDEST_NODE = 20;
/** Megabytes on disk after prune.mjs. */
const PACKAGES = { run: 310, develop: 540 };
/** @type {import('./dependencies.mjs').Purpose} */
const purpose = process.argv[2] === 'run' ? 'run' : 'develop';
const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param {string} text */
const note = (text) => process.stderr.write(`${text}\n`);

try {
  await prepare();
} catch (error) {
  note(`\nlatent-sweep is not ready: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function prepare() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE)
    throw new Error(`Node ${OLDEST_NODE} or later is needed; this is ${process.version} (${process.execPath})`);
  const cache = cacheDir();
  if (isInstalled(root, purpose)) {
    await ensurePostgresRuns(root);
    if (isBuildFresh() && (await find(cache)) !== null) return;
  }
  await withInstallLock(join(cache, 'install.lock'), () => installWhatIsMissing(cache), note);
}

/** @param {string} cache */
async function installWhatIsMissing(cache) {
  const startMs = Date.now();
  if (!isInstalled(root, purpose)) {
    const log = join(cache, 'npm-ci.log');
    await step(`Installing the npm packages, about ${PACKAGES[purpose]} MB on disk (10 to 90 s)`, () =>
      install(root, log, purpose),
    );
  }
  await ensurePostgresRuns(root);
  if (!isBuildFresh()) await step('Compiling what changed (at most some seconds)', build);
  if ((await find(cache)) === null) {
    const { path, route, version } = await fetchTemporal({ cacheDir: cache, releaseSha256: await releaseSha256() });
    note(`Temporal server: ${path} (${route}; ${version})`);
  }
  note(
    `Everything is installed (${Math.round((Date.now() - startMs) / 1000)} s). The next time this takes a moment only.`,
  );
}

/** @param {string} cache */
async function find(cache) {
  const configured = process.env['LSWEEP_TEMPORAL_BINARY'] || (await binaryOfConfigFile());
  return await findTemporal({ configured, path: process.env['PATH'], cacheDir: cache, note });
}

/** temporal.binary of lsweep.yaml */
async function binaryOfConfigFile() {
  const binary = (await temporalSection())?.binary;
  return typeof binary === 'string' ? resolve(root, binary) : null;
}

async function releaseSha256() {
  const given = process.env['LSWEEP_TEMPORAL_RELEASE_SHA256'] || (await temporalSection())?.releaseSha256;
  return typeof given === 'string' ? given : undefined;
}

/** Of lsweep.yaml, whose faults are reported by whoever uses it. @returns {Promise<{ binary?: unknown, releaseSha256?: unknown } | undefined>} */
async function temporalSection() {
  const file = join(root, 'lsweep.yaml');
  if (!existsSync(file)) return undefined;
  const { parse } = await import('yaml');
  return parse(readFileSync(file, 'utf8'))?.temporal;
}
