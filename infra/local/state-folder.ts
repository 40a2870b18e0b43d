// The state folder, made closed to other users: logs, spools and checkpoints are nobody's business. One that exists stays as it is.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { layoutOf } from './layout.ts';
import { postgresAccount } from './postgres/account.ts';

export function makeStateFolder(stateDir: string): void {
  // the account that Postgres runs as, when we are root, must be able to pass
  mkdirSync(stateDir, { recursive: true, mode: postgresAccount() === null ? 0o700 : 0o711 });
  const { logs, run, nodes, temporalFile, artifacts } = layoutOf(stateDir);
  for (const folder of [logs, run, nodes, dirname(temporalFile), artifacts])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
}
