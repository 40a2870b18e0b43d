// A secret of a state folder, made once: whole or not at all, never in the place of another's, and for its owner alone.

import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs';

const BYTES = 32;

/** @param path in a folder that exists; what is there already stays */
export function makeSecretOnce(path: string, encoding: 'hex' | 'base64url'): void {
  if (existsSync(path)) return;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(BYTES).toString(encoding)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
}
