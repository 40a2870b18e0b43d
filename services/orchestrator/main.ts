// The orchestrator's process: configuration in, migrations applied, then run-process.ts until a signal. Any number of replicas may start at
// once; migrations wait for each other in Postgres.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { ERRORS, LatentSweepError } from '../../workflows/domain/errors.ts';
import { openArtifactStore } from '../artifacts/index.ts';
import { artifactsUrl, endpoints, loadConfig, readPemFiles, rpcSettings } from '../config/index.ts';
import { endOnErrors } from '../edge/index.ts';
import { callError, connectWorker, serveRegistry } from '../rpc/index.ts';
import { openStore, postgresError, type Store } from '../store/index.ts';
import { planSweepFile } from '../study/plan/index.ts';
import { runOrchestrator } from './run-process.ts';
import { asTemporalError } from './temporal-errors.ts';

const RETRY_MS = 1_000;

endOnErrors([(error) => asTemporalError(error, 'temporal.address'), postgresError, callError]);

const { values: args } = parseArgs({ options: { 'ready-file': { type: 'string' } } });
const config = loadConfig();
const { postgresUrl, temporalAddress, namespace } = endpoints(config);
const replicaId = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
const log = pino({ level: config.log.level, base: { process: 'orchestrator' } });
const rpc = rpcSettings(config);
const store = openStore({
  url: postgresUrl,
  poolSize: config.postgres.poolSize,
  applicationName: `lsweep ${replicaId}`,
});

await migrateWhenReachable(store);
await runOrchestrator({
  store,
  temporal: {
    address: temporalAddress,
    namespace,
    tls: readPemFiles('temporal.tls', config.temporal.tls),
    proxy: config.grpcProxy,
  },
  replicaId,
  registryAddress: config.orchestrator.registryAddress,
  planSweep: planSweepFile,
  connectWorker: (address) => connectWorker(address, rpc),
  serveRegistry: (implementation, address) =>
    serveRegistry(implementation, address, {
      ...rpc,
      configKey: 'orchestrator.registryAddress',
      onRefused: (refused) =>
        log.warn(refused, 'refused a call of the registry; a node with another secretFile, or a stranger'),
      onUnexpected: (path, error) =>
        log.error({ path, error: error instanceof Error ? error.stack : String(error) }, 'unforeseen error in a call'),
    }),
  times: config.orchestrator,
  collection: {
    store,
    openArtifacts: () =>
      openArtifactStore(artifactsUrl(config), 'artifacts.url', join(config.stateDir, 'artifact-store.json')),
    orphanGraceMs: config.artifacts.orphanGraceMs,
  },
  log,
  readyFile: args['ready-file'] ?? null,
});

async function migrateWhenReachable(known: Store): Promise<void> {
  for (;;) {
    try {
      const { applied, redefined } = await known.migrate();
      if (applied.length > 0 || redefined) log.info({ applied, redefined }, 'schema brought up to date');
      return;
    } catch (error) {
      if (!(error instanceof LatentSweepError && error.code === 'STORE_UNREACHABLE')) throw error;
      log.warn(
        { code: error.code, error: error.message, advice: ERRORS[error.code].advice },
        'not reachable yet; trying again',
      );
      await pause(RETRY_MS);
    }
  }
}
