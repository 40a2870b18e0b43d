// Where things really are: what the configuration names, else what the running local stack recorded.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Config } from './load.ts';
import { isAlive } from './process-mark.ts';
import { readStackRecord, type StackRecord } from './stack-record.ts';

export interface Endpoints {
  readonly postgresUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  /** file:///folder */
  readonly artifactsUrl: string;
  /** Where nodes register, one per orchestrator that the configuration or the local stack knows. */
  readonly registryAddresses: readonly string[];
}

/** @returns the record of the local stack while its supervisor lives, else null */
export function runningStack(config: Pick<Config, 'stateDir'>): StackRecord | null {
  const record = readStackRecord(config.stateDir);
  const supervisor = record?.supervisor ?? null;
  return supervisor !== null && isAlive(supervisor) ? record : null;
}

/** @throws LatentSweepError STORE_UNREACHABLE or TEMPORAL_UNREACHABLE when the local stack is needed and is not up */
export function endpoints(config: Config): Endpoints {
  const stack = runningStack(config);
  const postgresUrl = config.postgres.url ?? stack?.postgresUrl ?? null;
  if (postgresUrl === null) throw notUp('STORE_UNREACHABLE', 'postgres.url', config);
  const temporalAddress = config.temporal.address ?? stack?.temporalAddress ?? null;
  if (temporalAddress === null) throw notUp('TEMPORAL_UNREACHABLE', 'temporal.address', config);
  return {
    postgresUrl,
    temporalAddress,
    namespace: config.temporal.namespace,
    artifactsUrl: artifactsUrl(config),
    registryAddresses: config.worker.registries ?? stack?.registryAddresses ?? [],
  };
}

/** Without a configured store: a folder in the state folder. Needs no running stack. */
export function artifactsUrl(config: Config): string {
  return config.artifacts.url ?? pathToFileURL(join(config.stateDir, 'artifacts')).href;
}

function notUp(code: 'STORE_UNREACHABLE' | 'TEMPORAL_UNREACHABLE', key: string, config: Config): LatentSweepError {
  return new LatentSweepError(
    code,
    `the local stack in ${config.stateDir} is not up and ${key} is not set; run lsweep up, or set ${key}`,
    { key, stateDir: config.stateDir },
  );
}
