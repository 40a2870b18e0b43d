// The secret that calls without TLS carry: the file that the configuration names, else the one that `lsweep up` makes in its state folder.
// Only its owner may read it; it never stands on a command line, in the environment, a log or an error.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Config } from './load.ts';

/** Sent as an HTTP header; long enough not to be guessed. */
const FORM = /^[\x21-\x7e]{32,512}$/;
const OTHERS = 0o077;

/** Of the local stack. */
export function secretPath(stateDir: string): string {
  return join(stateDir, 'secret');
}

/** @returns undefined where certificates do it alone. @throws LatentSweepError CONFIG_INVALID naming `secretFile` */
export function readSecret({
  secretFile,
  tls,
  stateDir,
}: Pick<Config, 'secretFile' | 'tls' | 'stateDir'>): string | undefined {
  if (secretFile === null && tls !== null) return undefined;
  const path = secretFile ?? secretPath(stateDir);
  const { text, mode } = read(path, secretFile !== null);
  if ((mode & OTHERS) !== 0) {
    throw invalid(path, `is open to other users (mode ${(mode & 0o777).toString(8)}); chmod 600 it`);
  }
  const secret = text.trim();
  if (!FORM.test(secret)) {
    throw invalid(
      path,
      'holds no secret; allowed are 32 to 512 characters without spaces, such as openssl rand -hex 32',
    );
  }
  return secret;
}

function read(path: string, isConfigured: boolean): { readonly text: string; readonly mode: number } {
  try {
    return { text: readFileSync(path, 'utf8'), mode: statSync(path).mode };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    if (isConfigured) throw invalid(path, `cannot be read (${words})`, error);
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `secretFile is not set, and the local stack's own, ${path}, cannot be read (${words}); ` +
        'give both sides a copy of the same file, run lsweep up, or set tls',
      { key: 'secretFile', path },
      error,
    );
  }
}

function invalid(path: string, what: string, cause?: unknown): LatentSweepError {
  return new LatentSweepError('CONFIG_INVALID', `secretFile: ${path} ${what}`, { key: 'secretFile', path }, cause);
}
