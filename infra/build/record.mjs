// What the build in `dist` was made from. A start asks whether the sources are still those, by size and time of change: that takes a few
// milliseconds, reading them all would not. The build itself compares what they hold.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, listSources, ROOT } from './sources.mjs';

/** In `dist`. Written last and removed first, so that an interrupted build leaves none. */
export const RECORD = 'build.json';

/** @typedef {import('./sources.mjs').Source & { sha256: string }} Built */

/** @param {string} root @returns {readonly Built[]} none without a complete build */
export function builtSources(root) {
  const file = join(root, DIST, RECORD);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).sources : [];
}

/** Whether `dist` is what these sources make. */
export function isBuildFresh(root = ROOT) {
  const built = builtSources(root);
  if (built.length === 0) return false;
  const sources = listSources(root);
  return (
    sources.length === built.length &&
    sources.every(({ path, size, mtimeMs }, index) => {
      const known = built[index];
      return known?.path === path && known.size === size && known.mtimeMs === mtimeMs;
    })
  );
}
