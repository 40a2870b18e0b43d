// The supervisor's process, started by `lsweep up` with LSWEEP_DIR and LSWEEP_CONFIG. Its standard output is its log file. Ends at once, with
// code 0, when another supervisor has the folder.

import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { loadConfig } from '../config/index.ts';
import { endOnErrors } from '../edge/index.ts';
import { callError } from '../rpc/index.ts';
import { postgresError } from '../store/index.ts';
import { layoutOf } from './layout.ts';
import { yieldSession } from './low-priority.ts';
import { releaseStackLock, takeStackLock } from './stack-lock.ts';
import { runSupervisor } from './supervisor.ts';

const POLL_MS = 100;

endOnErrors([postgresError, callError]);

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
// the terminal it was started from may close
process.on('SIGHUP', () => undefined);

const config = loadConfig();
const log = pino({ level: config.log.level, base: { process: 'supervisor' } });
const { lock } = layoutOf(config.stateDir);

let holder = takeStackLock(lock, 'supervisor');
while (holder?.role === 'postgres alone' && !stopping.signal.aborted) {
  await pause(POLL_MS);
  holder = takeStackLock(lock, 'supervisor');
}
if (holder === null) {
  const { niceness } = config.stack;
  const reason = niceness === 0 ? null : yieldSession(niceness);
  if (reason !== null)
    log.warn({ reason }, 'questions to Postgres compete with the rest of the stack for a full machine');
  try {
    await runSupervisor({ config, log, signal: stopping.signal });
  } finally {
    releaseStackLock(lock);
  }
} else {
  log.info({ pid: holder.pid }, 'another supervisor has the folder');
}
// a health check that was under way when its service stopped would hold the process for seconds
process.exit();
