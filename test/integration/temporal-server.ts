// A real Temporal dev server in memory, on a free port of 127.0.0.1: for the whole test run, of which every file has a namespace, or for a file
// that stops it or starts it with limits of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { lowPriority } from '../../services/local-stack/low-priority.ts';
import { routeTo } from '../../services/rpc/index.ts';

/** Address of the test run's Temporal. */
export const SHARED_TEMPORAL = 'LSWEEP_TEST_TEMPORAL_ADDRESS';
const RETENTION = msToTs('1 day');

export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  stop(): Promise<void>;
}

function findBinary(): string {
  const places = [
    process.env['LSWEEP_TEMPORAL_BINARY'],
    fileURLToPath(new URL('../../.cache/temporal', import.meta.url)),
  ];
  const found = places.find((path) => path !== undefined && path !== '' && existsSync(path));
  if (found === undefined) throw new Error('no Temporal server: run node infra/install/prepare.mjs first');
  return found;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** @param flags more arguments, such as a database file */
export async function startTemporalServer(flags: readonly string[] = [], port?: number): Promise<TemporalServer> {
  const address = `127.0.0.1:${port ?? (await freePort())}`;
  const values = ['numTaskqueueReadPartitions=1', 'numTaskqueueWritePartitions=1', 'enableFairness=true'];
  const server = {
    file: findBinary(),
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', address.split(':')[1] ?? ''],
      ...['--headless', '--log-level', 'error'],
      ...values.flatMap((value) => ['--dynamic-config-value', `matching.${value}`]),
      ...flags,
    ],
  };
  const { file, args } = lowPriority(server, 5);
  const child: ChildProcess = spawn(file, [...args], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await answers(address, child);
  return {
    address,
    namespace: 'default',
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/**
 * A namespace of its own on the server of the test run; on one of this file's own where it runs alone, so that a file that forgets to
 * say which namespace it means fails alone as it does among others.
 */
export async function openNamespace(): Promise<TemporalServer> {
  const shared = process.env[SHARED_TEMPORAL];
  const own = shared === undefined ? await startTemporalServer() : null;
  const address = own?.address ?? shared ?? '';
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect(routeTo(address, null, 'temporal.address'));
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: RETENTION });
  await connection.close();
  // what is left in it does nothing without the file's workers, and ends with the server
  return { address, namespace, stop: () => own?.stop() ?? Promise.resolve() };
}

async function answers(address: string, child: ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  for (;;) {
    try {
      const connection = await Connection.connect({
        ...routeTo(address, null, 'temporal.address'),
        connectTimeout: 1_000,
      });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      await connection.close();
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadlineMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
