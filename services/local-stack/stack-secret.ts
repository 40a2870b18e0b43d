// The secret of the local stack, made once: its processes send it with every call to each other, so that other users of the machine, whose
// loopback is the same, cannot give orders to a node or pass for one.

import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs';
import { type Config, secretPath } from '../config/index.ts';
import { makeStateFolder } from './state-folder.ts';

export function makeStackSecret(config: Pick<Config, 'stateDir' | 'dir'>): void {
  makeStateFolder(config);
  const path = secretPath(config.stateDir);
  if (existsSync(path)) return;
  // whole or not at all, and never in the place of another's
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
}
