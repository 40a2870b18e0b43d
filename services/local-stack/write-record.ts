// Writes stack.json: whole or not at all, and readable by its owner only, for it holds the password of the local Postgres.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type StackRecord, stackRecordPath } from '../config/index.ts';

export function writeStackRecord(stateDir: string, record: StackRecord): void {
  const path = stackRecordPath(stateDir);
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}
