// The psql command to go on with. The local stack's password protects nothing outside this machine and is printed; that of a
// configured server is not, so psql asks for it.

import { type Config, runningStack } from '../config/index.ts';

/** @returns null when Postgres is the local stack's and that is down */
export function psqlCommand(config: Config): string | null {
  const configured = config.postgres.readerUrl ?? config.postgres.url;
  if (configured !== null) return `psql '${withoutPassword(configured)}'`;
  const stack = runningStack(config);
  const url = stack?.readerUrl ?? stack?.postgresUrl ?? null;
  return url === null ? null : `psql '${url}'`;
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  url.password = '';
  return url.href;
}
