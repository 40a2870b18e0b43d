// Where downloads are kept, and what else can be made again: `.cache` of a checkout; for an installed package, which may lie where its user cannot
// write, the place that the XDG Base Directory Specification names.

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Seen from here, and from here in `dist`. */
const ROOTS = ['../..', '../../..'].map((up) => fileURLToPath(new URL(up, import.meta.url)));

/** @returns the folder with the sources that this program is or was compiled from; null in an installed package, which has none */
function checkoutDir() {
  return ROOTS.find((root) => existsSync(join(root, 'services/cli/main.ts'))) ?? null;
}

/** @param {NodeJS.ProcessEnv} [environment] LSWEEP_CACHE_DIR goes first */
export function cacheDir(environment = process.env) {
  const given = environment['LSWEEP_CACHE_DIR'];
  if (given) return given;
  const checkout = checkoutDir();
  if (checkout !== null) return join(checkout, '.cache');
  // the specification: a relative path is to be ignored
  const named = environment['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(named) ? named : join(homedir(), '.cache'), 'latent-sweep');
}
