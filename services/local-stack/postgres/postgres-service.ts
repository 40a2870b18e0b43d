// Embedded Postgres as a service of the stack.

import type { StackLayout } from '../layout.ts';
import type { ServiceDefinition } from '../service.ts';
import { type Cluster, makeCluster } from './cluster.ts';
import { endStrayPostgres, postgresAnswers, postgresLaunch } from './server.ts';

/** Postgres' fast stop waits for its checkpoint, which may be long on a slow disk. */
const STOP_TIMEOUT_MS = 60_000;

export function postgresService(cluster: Cluster, port: number, layout: StackLayout): ServiceDefinition {
  return {
    name: 'postgres',
    port,
    log: layout.log('postgres'),
    needs: [],
    stopSignal: 'SIGINT',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    command: async () => {
      await makeCluster(cluster);
      await endStrayPostgres(cluster.data);
      return { ...(await postgresLaunch(cluster, port)), env: { PATH: process.env['PATH'], LC_ALL: 'C' } };
    },
    isReady: () => postgresAnswers(cluster, port),
  };
}
