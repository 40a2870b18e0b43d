// The workflows as one file for Temporal's sandbox. Bundling takes seconds of CPU, which a restarting orchestrator must not spend while its nodes
// wait: the build has one. From the sources, theirs is kept in the project's cache, and made anew when any of them, or a package, is another one.

import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from 'pino';
import { makeFolder } from '../artifacts/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WORKFLOWS = join(ROOT, 'workflows');
/** `.js` in the build. */
const EXTENSION = extname(import.meta.url);
const BUILT = join(ROOT, 'workflow-bundle.js');
const HASH_DIGITS = 32;

/** @param cache default: LSWEEP_CACHE_DIR, else .cache of the project */
export async function workflowBundle(
  log: Pick<Logger, 'info'>,
  cache: string = process.env['LSWEEP_CACHE_DIR'] || join(ROOT, '.cache'),
): Promise<WorkflowBundleOption> {
  if (EXTENSION === '.js') return { codePath: BUILT };
  const folder = join(cache, 'workflow-bundles');
  const codePath = join(folder, `${await sourcesHash()}.js`);
  if (existsSync(codePath)) return { codePath };
  const code = await makeBundle();
  try {
    makeFolder(folder);
    const temporary = `${codePath}.${randomUUID()}`;
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(code);
      // on disk before it has its name: a power cut must leave no empty bundle that every start would trust
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, codePath);
  } catch (error) {
    log.info({ error: String(error) }, 'the workflow bundle could not be kept; the next start makes it again');
  }
  return { code };
}

/** For the build, which keeps it beside the compiled files. @returns its code */
export async function makeBundle(): Promise<string> {
  const workflowsPath = join(WORKFLOWS, `index${EXTENSION}`);
  return (await bundleWorkflowCode({ workflowsPath, logger: quietBundler })).code;
}

/** Of everything that goes into the bundle: the sources, and the lock file for the packages. */
async function sourcesHash(): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(WORKFLOWS, { recursive: true })).filter((name) => name.endsWith('.ts')).sort();
  for (const path of [...names.map((name) => join(WORKFLOWS, name)), join(ROOT, 'package-lock.json')]) {
    hash
      .update(`${path.slice(ROOT.length)}\0`)
      .update(await readFile(path))
      .update('\0');
  }
  return hash.digest('hex').slice(0, HASH_DIGITS);
}

const silent = (): void => undefined;
/** The bundler reports sizes on every start; its failures are exceptions. */
const quietBundler = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
