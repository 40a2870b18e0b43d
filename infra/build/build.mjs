// Makes `dist`: each TypeScript file as JavaScript in the same place, everything else beside it, the workflows as one file for Temporal's
// sandbox. Only what changed is made anew. Types are not checked here (`npm run check` does).

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtSources, RECORD } from './record.mjs';
import { builtPath, DIST, isRecipe, listSources, ROOT } from './sources.mjs';

const BUNDLE = 'workflow-bundle.js';
/** Name, version, and that `.js` files are modules. */
const PACKAGE = 'package.json';
/** SWC comes with Temporal's worker, which needs it to bundle workflows; TypeScript's own compiler is for development only. */
const COMPILER = {
  configFile: false,
  swcrc: false,
  isModule: true,
  module: { type: /** @type {const} */ ('es6') },
  jsc: {
    target: /** @type {const} */ ('es2023'),
    parser: { syntax: /** @type {const} */ ('typescript') },
    transform: { verbatimModuleSyntax: true },
    // .ts in imports becomes .js; the typings of @swc/core 1.16 do not know it yet
    rewriteRelativeImportExtensions: true,
  },
};

/**
 * To be called by one process at a time.
 *
 * @param {string} [root] the checkout
 * @returns {Promise<number>} files made anew
 */
export async function build(root = ROOT) {
  const dist = join(root, DIST);
  const before = new Map(builtSources(root).map(({ path, sha256 }) => [path, sha256]));
  const sources = listSources(root).map((source) => ({ ...source, sha256: hashOf(join(root, source.path)) }));
  const changed = sources
    .filter(
      ({ path, sha256 }) => before.get(path) !== sha256 || !(isRecipe(path) || existsSync(join(dist, builtPath(path)))),
    )
    .map(({ path }) => path);
  // until it is whole again, programs start from the sources
  rmSync(join(dist, RECORD), { force: true });
  const isRecipeNew = changed.some(isRecipe);
  await makeFiles(
    root,
    (isRecipeNew ? sources.map(({ path }) => path) : changed).filter((path) => !isRecipe(path)),
  );
  removeOthers(dist, new Set([...sources.map(({ path }) => builtPath(path)), BUNDLE, PACKAGE]));
  const { name, version, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  write(join(dist, PACKAGE), `${JSON.stringify({ name, version, type })}\n`);
  const isBundleOld = isRecipeNew || changed.some((path) => path.startsWith('workflows/'));
  if (isBundleOld || !existsSync(join(dist, BUNDLE))) await makeWorkflowBundle(dist);
  write(join(dist, RECORD), JSON.stringify({ sources }));
  return changed.length;
}

/**
 * @param {string} root
 * @param {readonly string[]} paths
 */
async function makeFiles(root, paths) {
  const code = paths.filter((path) => path.endsWith('.ts'));
  for (const path of paths) if (!path.endsWith('.ts')) write(join(root, DIST, path), readFileSync(join(root, path)));
  if (code.length === 0) return;
  const { transform } = await import('@swc/core');
  await Promise.all(
    code.map(async (path) => {
      const source = readFileSync(join(root, path), 'utf8');
      const made = await transform(source, { ...COMPILER, filename: path });
      write(join(root, DIST, builtPath(path)), made.code);
    }),
  );
}

/** By the very code that runs it. @param {string} dist */
async function makeWorkflowBundle(dist) {
  /** @type {typeof import('../../services/orchestrator/workflow-bundle.ts')} */
  const { makeBundle } = await import(pathToFileURL(join(dist, 'services/orchestrator/workflow-bundle.js')).href);
  write(join(dist, BUNDLE), await makeBundle());
}

/**
 * Complete before it has its name: a process that starts meanwhile reads the old file or the new one.
 *
 * @param {string} target
 * @param {string | Buffer} content
 */
function write(target, content) {
  const scratch = `${target}.${process.pid}.part`;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(scratch, content);
  renameSync(scratch, target);
}

/**
 * Removes the compiled files of sources that are gone, and what an interrupted build left.
 *
 * @param {string} dist
 * @param {ReadonlySet<string>} kept
 */
function removeOthers(dist, kept) {
  for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && !kept.has(relative(dist, path).replaceAll(sep, '/'))) rmSync(path);
  }
}

/** @param {string} file */
function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
