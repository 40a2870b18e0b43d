// Where a checkout runs from: the build when it is what the sources make, else the sources themselves, which tsx lets Node load. The one place
// that decides; a process started by another runs from where that one does (services/program).

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isBuildFresh } from './record.mjs';
import { builtPath, DIST, ROOT } from './sources.mjs';

/**
 * @param {string} path of a TypeScript file in the checkout
 * @returns {Promise<string>} the URL to import
 * @throws {Error} when the build is old and there are no development packages to do without it
 */
export async function mainModule(path) {
  if (isBuildFresh()) return pathToFileURL(join(ROOT, DIST, builtPath(path))).href;
  if (!existsSync(join(ROOT, 'node_modules', 'tsx')))
    throw new Error('the sources are not those of the build in dist; npm run build makes it anew');
  const { register } = await import('tsx/esm/api');
  register();
  return pathToFileURL(join(ROOT, path)).href;
}
