// The Temporal development server as a service of the stack, with its state in one SQLite file. Flags as measured in the design notes: WAL is
// five times the default's throughput and survives a kill; exact fairness and priority need one partition.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { cacheDir, fetchTemporal, findTemporal } from '../../infra/install/index.mjs';
import type { Config } from '../config/index.ts';
import { routeTo } from '../rpc/index.ts';
import type { StackLayout } from './layout.ts';
import { lowPriority } from './low-priority.ts';
import type { ServiceDefinition } from './service.ts';

const STOP_TIMEOUT_MS = 15_000;
/** On a full machine an answer takes seconds. */
const ANSWER_TIMEOUT_MS = 15_000;
const PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];
const DYNAMIC = [
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'matching.enableFairness=true',
];

export interface TemporalPorts {
  readonly frontend: number;
  readonly ui: number;
}

/** @throws Error in words when none is found and none can be fetched */
async function temporalBinary(config: Config): Promise<string> {
  const cache = cacheDir();
  const found = await findTemporal({ configured: config.temporal.binary, path: process.env['PATH'], cacheDir: cache });
  const releaseSha256 = config.temporal.releaseSha256 ?? undefined;
  return found?.path ?? (await fetchTemporal({ cacheDir: cache, releaseSha256 })).path;
}

export function temporalService(ports: TemporalPorts, config: Config, layout: StackLayout): ServiceDefinition {
  const { namespace } = config.temporal;
  const place = ['--ip', '127.0.0.1', '--port', String(ports.frontend), '--ui-port', String(ports.ui)];
  const state = ['--db-filename', layout.temporalFile, ...PRAGMAS.flatMap((one) => ['--sqlite-pragma', one])];
  const settings = [
    '--namespace',
    namespace,
    '--log-level',
    'warn',
    '--log-format',
    'json',
    ...DYNAMIC.flatMap((one) => ['--dynamic-config-value', one]),
  ];
  return {
    name: 'temporal',
    port: ports.frontend,
    log: layout.log('temporal'),
    needs: [],
    stopSignal: 'SIGTERM',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    command: async () => {
      mkdirSync(dirname(layout.temporalFile), { recursive: true });
      const file = await temporalBinary(config);
      return lowPriority(
        { file, args: ['server', 'start-dev', ...place, ...state, ...settings] },
        config.stack.niceness,
      );
    },
    isReady: () => answers(`127.0.0.1:${ports.frontend}`, namespace),
  };
}

/** An open port is not enough: the namespace comes later. */
async function answers(address: string, namespace: string): Promise<boolean> {
  let connection: Connection | null = null;
  try {
    connection = await Connection.connect({
      ...routeTo(address, null, 'temporal.address'),
      connectTimeout: ANSWER_TIMEOUT_MS,
    });
    const open = connection;
    await open.withDeadline(Date.now() + ANSWER_TIMEOUT_MS, () =>
      open.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  } finally {
    await connection?.close();
  }
}
