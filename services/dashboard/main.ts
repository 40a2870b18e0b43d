// The dashboard's process: configuration in, then pages until a signal.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { endpoints, loadConfig } from '../config/index.ts';
import { endOnErrors } from '../edge/index.ts';
import { readNamedQueries } from '../named-queries/index.ts';
import { openReader, postgresError } from '../store/index.ts';
import { dashboardAddress } from './address.ts';
import { serveDashboard } from './server.ts';
import { readOrMakeToken } from './token.ts';

endOnErrors([postgresError]);

const { values: args } = parseArgs({ options: { 'ready-file': { type: 'string' } } });
const config = loadConfig();
const log = pino({ level: config.log.level, base: { process: 'dashboard' } });
const { readerUrl, readerTimeoutMs: timeoutMs } = config.postgres;
const reader = openReader(readerUrl ?? endpoints(config).postgresUrl, {
  urlOf: readerUrl === null ? 'writer' : 'reader',
  statementsOf: 'people',
  timeoutMs,
});
const dashboard = await serveDashboard({
  address: dashboardAddress(config.dashboard.address),
  token: readOrMakeToken(config.stateDir),
  reader,
  queries: await readNamedQueries(),
  log,
});
log.info({ port: dashboard.port }, 'pages are served');
const readyFile = args['ready-file'] ?? null;
if (readyFile !== null) {
  writeFileSync(`${readyFile}.new`, JSON.stringify({ pid: process.pid, port: dashboard.port }));
  renameSync(`${readyFile}.new`, readyFile);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());

async function stop(): Promise<void> {
  if (readyFile !== null) rmSync(readyFile, { force: true });
  await dashboard.close();
  await reader.close();
  process.exit(0);
}
