// The node's process: configuration in, then run-process.ts until a signal.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { openArtifactStore } from '../artifacts/index.ts';
import { artifactsUrl, type Config, loadConfig, rpcSettings, runningStack } from '../config/index.ts';
import { endOnErrors } from '../edge/index.ts';
import { machineSize } from '../machine/index.ts';
import { callError } from '../rpc/index.ts';
import { trainerEntry, trainerExecArgv } from '../trainer/index.ts';
import { DEFAULT_CACHE_BYTES, DEFAULT_WORKER_TIMES, runWorker, simulateEntry } from './index.ts';
import { slotsOf } from './slots.ts';

endOnErrors([callError]);

const { values: args } = parseArgs({ options: { 'state-dir': { type: 'string' }, 'ready-file': { type: 'string' } } });
const config = loadConfig();
const { worker } = config;
const stateDir = args['state-dir'] ?? join(config.stateDir, 'nodes', 'gpu-worker');
await runWorker({
  stateDir,
  nodeId: worker.nodeId,
  listen: worker.address,
  advertise: worker.advertise,
  registries: registriesOf(config),
  slots: slotsOf(config, machineSize()),
  waitingPlaces: worker.waitingPlaces,
  trainerEntry: { engine: trainerEntry, simulate: simulateEntry, 'simulate-inside': null }[worker.trainer],
  trainerExecArgv,
  artifacts: await openArtifactStore(artifactsUrl(config), 'artifacts.url', join(stateDir, 'artifact-store.json')),
  cacheBytes: worker.cacheBytes ?? DEFAULT_CACHE_BYTES,
  rpc: rpcSettings(config),
  times: {
    ...DEFAULT_WORKER_TIMES,
    stallMs: worker.stallMs,
    firstStepMs: worker.firstStepMs,
    trainerStartMs: worker.trainerStartMs,
  },
  log: pino({ level: config.log.level, base: { process: 'gpu-worker' } }),
  readyFile: args['ready-file'] ?? null,
});

function registriesOf(known: Config): readonly string[] {
  const registries = known.worker.registries ?? runningStack(known)?.registryAddresses ?? [];
  if (registries.length > 0) return registries;
  throw new LatentSweepError(
    'CONFIG_INVALID',
    'worker.registries names no orchestrator and no local stack is up here; set it to host:port of each orchestrator',
    { key: 'worker.registries' },
  );
}
