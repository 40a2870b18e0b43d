// The dashboard's process: configuration in, then pages until a signal.

import { parseArgs } from 'node:util';
import pino from 'pino';
import { endpoints, loadConfig, splitHostPort } from '../config/index.ts';
import { endOnErrors } from '../edge/index.ts';
import { readNamedQueries } from '../named-queries/index.ts';
import { removeReadyFile, writeReadyFile } from '../program/index.ts';
import { openReader, postgresError } from '../store/index.ts';
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
  address: splitHostPort(config.dashboard.address),
  token: readOrMakeToken(config.stateDir),
  reader,
  queries: await readNamedQueries(),
  log,
});
log.info({ port: dashboard.port }, 'pages are served');
const readyFile = args['ready-file'] ?? null;
writeReadyFile(readyFile, { port: dashboard.port });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());

async function stop(): Promise<void> {
  removeReadyFile(readyFile);
  await dashboard.close();
  await reader.close();
  process.exit(0);
}
