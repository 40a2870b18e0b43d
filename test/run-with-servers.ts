// Runs a command beside one Postgres and one Temporal, whose addresses it finds in its environment, and ends with its exit code:
// `node --import tsx test/run-with-servers.ts node --import tsx --test FILE...`. However it ends, the servers end with it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { makeTemplate, SHARED_POSTGRES } from './integration/databases.ts';
import { startPostgres } from './integration/postgres.ts';
import { SHARED_TEMPORAL, startTemporalServer } from './integration/temporal-server.ts';

/** 128 + SIGINT, as a shell has it. */
const INTERRUPTED = 130;

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('which command?');

const closers: (() => Promise<void>)[] = [];
const ending = new AbortController();
// Ctrl-C reaches the command too, since both are of one group; SIGTERM comes to this process alone
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());

try {
  process.exitCode = await run();
} finally {
  for (const close of closers.reverse()) await close();
}

async function run(): Promise<number> {
  const postgres = await startPostgres();
  closers.push(() => postgres.close());
  await makeTemplate(postgres.url);
  const temporal = await startTemporalServer();
  closers.push(() => temporal.stop());
  if (ending.signal.aborted) return INTERRUPTED;
  const child = spawn(command ?? '', args, {
    stdio: 'inherit',
    env: { ...process.env, [SHARED_POSTGRES]: postgres.url, [SHARED_TEMPORAL]: temporal.address },
  });
  ending.signal.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? INTERRUPTED;
}
