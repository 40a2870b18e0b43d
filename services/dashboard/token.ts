// The stack's token of the dashboard: made once, in a file that its owner alone may read. Whoever has it may look; other users of the machine,
// whose loopback is the same, do not.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

/** 32 random bytes in base64url. */
const FORM = /^[\w-]{43}$/;

function tokenPath(stateDir: string): string {
  return join(stateDir, 'dashboard-token');
}

/** @throws LatentSweepError CONFIG_INVALID where the file holds something else */
export function readOrMakeToken(stateDir: string): string {
  const path = tokenPath(stateDir);
  if (!existsSync(path)) make(path);
  const token = readFileSync(path, 'utf8').trim();
  if (FORM.test(token)) return token;
  throw new LatentSweepError('CONFIG_INVALID', `${path} holds no token; delete it, and the next start makes one`, {
    key: 'stateDir',
    path,
  });
}

/** Takes the same time whatever is wrong. */
export function isToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whole or not at all, and never in the place of another's. */
function make(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
}
