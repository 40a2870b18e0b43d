// The stack's token of the dashboard: made once, in a file that its owner alone may read. Whoever has it may look; other users of the machine,
// whose loopback is the same, do not.

import { timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { makeSecretOnce } from '../config/index.ts';

/** 32 random bytes in base64url. */
const FORM = /^[\w-]{43}$/;

function tokenPath(stateDir: string): string {
  return join(stateDir, 'dashboard-token');
}

/** @throws LatentSweepError CONFIG_INVALID where the file holds something else */
export function readOrMakeToken(stateDir: string): string {
  const path = tokenPath(stateDir);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  makeSecretOnce(path, 'base64url');
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
