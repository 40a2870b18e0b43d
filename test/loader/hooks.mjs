// The hook of load.mjs, which Node runs in a thread of its own. Types are removed, not checked (`npm run check` does).

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../../infra/install/cache-dir.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// without LSWEEP_CACHE_DIR, which tests set for the program
const FOLDER = join(cacheDir({}), 'test-loader');

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return await nextLoad(url, context);
  const path = fileURLToPath(url);
  return { format: 'module', source: await compiled(path, readFileSync(path, 'utf8')), shortCircuit: true };
}

/**
 * @param {string} path
 * @param {string} source
 * @returns {Promise<string>}
 */
async function compiled(path, source) {
  const name = relative(ROOT, path);
  // scripts that tests write elsewhere are used once
  if (name.startsWith('..')) return await compile(path, source);
  const kept = join(FOLDER, `${name}.js`);
  const mark = `/*${createHash('sha256').update(source).digest('base64url')}*/`;
  const known = readOrNull(kept);
  if (known?.startsWith(mark)) return known;
  const code = mark + (await compile(path, source));
  mkdirSync(dirname(kept), { recursive: true });
  // whole or not at all: other processes read it meanwhile
  const draft = `${kept}.${process.pid}`;
  writeFileSync(draft, code);
  renameSync(draft, kept);
  return code;
}

/**
 * @param {string} path
 * @param {string} source
 * @returns {Promise<string>}
 */
async function compile(path, source) {
  const { default: ts } = await import('typescript');
  const { outputText } = ts.transpileModule(source, {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
  });
  return outputText;
}

/**
 * @param {string} path
 * @returns {string | null}
 */
function readOrNull(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
