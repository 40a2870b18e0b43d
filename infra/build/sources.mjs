// Which files of a checkout make the program: TypeScript, to be compiled, and what runs or is read as it is. Tests, checks, and what is only
// documentation are no part of it.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** In the checkout: the build. */
export const DIST = 'dist';

const FOLDERS = ['services', 'workflows', 'infra'];
/** Below them, what does not go into the program. */
const LEFT_OUT = [
  'infra/build',
  'infra/checks',
  'infra/onnxruntime',
  'infra/sweeps/results',
  'services/cli/lsweep.mjs',
];
const KINDS = /\.(ts|mjs|sql|gz|json|yaml)$/;
/** What the build depends on besides: versions of packages, and the name and version that the program tells. */
const RECIPE = ['package.json', 'package-lock.json', 'infra/build/build.mjs'];

/** @typedef {{ path: string, size: number, mtimeMs: number }} Source `path` from the checkout, with slashes */

/** @param {string} root @returns {readonly Source[]} in the order of their paths */
export function listSources(root) {
  return [...FOLDERS.flatMap((folder) => filesBelow(root, folder)), ...RECIPE].sort().map((path) => {
    const { size, mtimeMs } = statSync(join(root, path));
    return { path, size, mtimeMs };
  });
}

/** @param {string} path @returns where its compiled or copied form lies in `dist` */
export function builtPath(path) {
  return path.endsWith('.ts') ? `${path.slice(0, -'.ts'.length)}.js` : path;
}

/** @param {string} path */
export function isRecipe(path) {
  return RECIPE.includes(path);
}

/** @param {string} root @param {string} folder @returns {string[]} */
function filesBelow(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (LEFT_OUT.includes(path)) return [];
    if (entry.isDirectory()) return filesBelow(root, path);
    return KINDS.test(entry.name) ? [path] : [];
  });
}
