// Where the program keeps its state when nobody says: `.lsweep` of the folder that is meant. An installed package whose user names no folder,
// and works in one without `.lsweep` or a configuration, keeps it where the XDG Base Directory Specification says.

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param dir `--dir`; undefined = LSWEEP_DIR, else the working directory
 * @param isPackage the program runs without its sources
 * @returns absolute
 */
export function defaultStateDir(dir: string | undefined, environment: Environment, isPackage = !hasSources()): string {
  const named = dir ?? (environment['LSWEEP_DIR'] || undefined);
  const folder = resolve(named ?? '.');
  const here = join(folder, '.lsweep');
  if (!isPackage || named !== undefined || existsSync(here) || existsSync(join(folder, 'lsweep.yaml'))) return here;
  // the specification: a relative path is to be ignored
  const given = environment['XDG_STATE_HOME'] ?? '';
  return join(isAbsolute(given) ? given : join(homedir(), '.local', 'state'), 'latent-sweep');
}

/** As this file, or with `dist` beside them. */
function hasSources(): boolean {
  return import.meta.url.endsWith('.ts') || existsSync(new URL('../../../services/cli/main.ts', import.meta.url));
}
