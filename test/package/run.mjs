// `npm run test:package [-- 20 22 24]`: packs, installs into an empty folder, and lives with it there as a user would: no repository, an empty
// home, nothing but PATH in the environment. Each Node version comes as npm's package `node`; without one the Node that runs this. Takes minutes
// and fetches packages and the Temporal server, so it is no part of `npm test`.

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lsweep-package-'));
const NPM = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error'];
let failures = 0;

try {
  execFileSync(process.execPath, ['infra/build/make.mjs'], { cwd: root, stdio: 'inherit' });
  npm(['pack', '--silent', '--pack-destination', folder], root);
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack made no archive');
  const prefix = join(folder, 'prefix');
  npm(['install', '--global', '--prefix', prefix, ...NPM, join(folder, archive)], folder);
  makeQuickstartSmall(join(prefix, 'lib/node_modules/latent-sweep/dist/infra/sweeps/quickstart.yaml'));
  const versions = process.argv.slice(2);
  for (const version of versions.length === 0 ? [null] : versions) {
    const nodeFolder = version === null ? dirname(process.execPath) : fetchNode(version);
    liveWith(join(folder, `user-${version ?? 'own'}`), [join(prefix, 'bin'), nodeFolder]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

/** The command stays what it is; its eight trials would take minutes. @param {string} file */
function makeQuickstartSmall(file) {
  const small = readFileSync(join(root, 'test/package/small.yaml'), 'utf8');
  writeFileSync(file, small.replace('name: small', 'name: quickstart').replace('seeds: 1', 'seeds: [7]'));
}

/**
 * @param {string} home empty
 * @param {readonly string[]} programs folders that come first in PATH
 */
function liveWith(home, programs) {
  const work = join(home, 'work');
  mkdirSync(work, { recursive: true });
  copyFileSync(join(root, 'test/package/small.yaml'), join(work, 'small.yaml'));
  const state = join(home, '.local/state/latent-sweep');
  const PATH = [...programs, process.env['PATH']].join(delimiter);
  /** @param {string[]} words */
  const lsweep = (...words) =>
    execFileSync('lsweep', words, { cwd: work, env: { HOME: home, PATH }, encoding: 'utf8', stdio: 'pipe' });
  /** @type {readonly (readonly [words: readonly string[], isRight: (text: string) => boolean])[]} */
  const steps = [
    [['--version'], (text) => /^\d+\.\d+\.\d+\n$/.test(text)],
    [['plan', 'small.yaml'], (text) => text.includes('1 trials')],
    [['quickstart'], (text) => text.includes('Results, read from Postgres') && text.includes(state)],
    [['down'], () => true],
    [['up'], (text) => text.includes('is up')],
    [['run', 'small.yaml'], (text) => text.includes('finished: small: 1 finished')],
    [['ls'], (text) => text.includes('small')],
    [['report', 'small'], () => existsSync(join(work, 'report-small', 'index.html'))],
    [['down'], () => existsSync(state) && !existsSync(join(work, '.lsweep'))],
  ];
  const node = execFileSync('node', ['--version'], { env: { PATH }, encoding: 'utf8' }).trim();
  try {
    for (const [words, isRight] of steps) {
      const startMs = performance.now();
      const text = lsweep(...words);
      if (!isRight(text)) throw new Error(`lsweep ${words.join(' ')} says:\n${text}`);
      note(`ok     Node ${node}: lsweep ${words.join(' ')} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`);
    }
  } catch (error) {
    failures++;
    note(`FAILED Node ${node}: ${error instanceof Error ? error.message : error}`);
    if (error instanceof Error && 'stdout' in error) note(String(error.stdout));
    lsweep('down');
  }
}

/** @param {string} version @returns the folder of its program */
function fetchNode(version) {
  const place = join(folder, `node-${version}`);
  mkdirSync(place);
  // what the script of the package `node`, which does not run, would install
  const name = `node-${process.platform}-${process.arch}`;
  npm(['install', '--prefix', place, ...NPM, `${name}@${version}`], place);
  return join(place, 'node_modules', name, 'bin');
}

/**
 * @param {readonly string[]} words
 * @param {string} cwd
 */
function npm(words, cwd) {
  execFileSync('npm', [...words], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** @param {string} text */
function note(text) {
  process.stdout.write(`${text}\n`);
}
