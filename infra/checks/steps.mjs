// What `npm test` consists of. A step is commands run one after the other in the project's root; the first that fails ends it.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../install/cache-dir.mjs';
import { findTemporal } from '../install/find-temporal.mjs';
import { machineSize } from './machine-size.mjs';

/** @typedef {{ name: string, commands: readonly (readonly string[])[], environment?: NodeJS.ProcessEnv }} Step */

/** The long ones first: they set how long all of them take. @type {readonly Step[]} */
export const STATIC_STEPS = [
  { name: 'lint', commands: [['eslint', '.', '--max-warnings=0']] },
  { name: 'types', commands: [['tsc', '--noEmit', '-p', '.']] },
  {
    name: 'borders',
    commands: [['depcruise', '--config', '.dependency-cruiser.mjs', 'services', 'workflows', 'infra', 'test']],
  },
  { name: 'unused', commands: [['knip', '--no-progress']] },
  {
    name: 'proto',
    commands: [
      ['buf', 'lint', 'proto'],
      ['buf', 'format', '--diff', '--exit-code', 'proto', '--path', 'proto/latentsweep'],
      ['buf', 'breaking', 'proto', '--against', 'test/stable/proto.json'],
      ['node', 'infra/checks/generated-code.mjs'],
    ],
  },
  { name: 'format', commands: [['biome', 'format', '.']] },
];

/** A URL, so that what tests start anywhere can load the sources too. */
const LOADER = new URL('../../test/loader/load.mjs', import.meta.url).href;
const RUN_TESTS = ['node', '--import', LOADER, '--test'];
/** Tests of one run share a Postgres and a Temporal; chaos kills those of its own. */
const WITH_SERVERS = ['node', '--import', LOADER, 'test/run-with-servers.ts'];
/** By step, in their order. */
const TEST_FOLDERS = {
  tests: { folders: ['unit', 'replay', 'parity', 'integration'], command: [...WITH_SERVERS, ...RUN_TESTS] },
  chaos: { folders: ['chaos'], command: RUN_TESTS },
};
export const TEST_STEP_NAMES = Object.keys(TEST_FOLDERS);
/** Integration tests start orchestrators and trainers of their own; more of them at a time only slow each other. */
const MOST_TEST_FILES_AT_A_TIME = 4;
const TEST_FILE_TIMEOUT_MS = 15 * 60_000;

/**
 * The tests, and the short form of chaos after them: it loads the machine for three minutes, which timing-sensitive tests would notice.
 *
 * @param {string} root
 * @returns {Promise<readonly (Step & { note: string })[]>}
 */
export async function testSteps(root) {
  const temporal = await findTemporal({
    configured: process.env['LSWEEP_TEMPORAL_BINARY'],
    path: process.env['PATH'],
    cacheDir: cacheDir(),
  });
  const atATime = Math.min(machineSize().cores, MOST_TEST_FILES_AT_A_TIME);
  const options = [`--test-concurrency=${atATime}`, `--test-timeout=${TEST_FILE_TIMEOUT_MS}`, '--test-reporter=spec'];
  const environment = temporal === null ? {} : { LSWEEP_TEMPORAL_BINARY: temporal.path };
  return Object.entries(TEST_FOLDERS).map(([name, { folders, command }]) => {
    const files = folders.flatMap((folder) => testFiles(join('test', folder), root));
    return {
      name,
      note: `${files.length} files, ${atATime} at a time; Temporal ${temporal?.version ?? 'not found'}`,
      commands: [[...command, ...options, ...files]],
      environment,
    };
  });
}

/**
 * @param {string} folder
 * @param {string} root
 * @returns {readonly string[]}
 */
function testFiles(folder, root) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
