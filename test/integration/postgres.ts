// One embedded Postgres for a test file, in a temporary folder on a free port, and as many databases in it as the file wants. It is made
// and started as the local stack does it.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { clusterIn, makeCluster } from '../../services/local-stack/postgres/cluster.ts';
import { postgresAnswers, postgresLaunch, postgresUrl } from '../../services/local-stack/postgres/server.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';

export interface PostgresServer {
  readonly port: number;
  /** Makes an empty database; its url has the rights of a superuser. */
  database(): Promise<string>;
  /** Ends the server; every connection breaks. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Stops it for good and removes its folder. */
  close(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'lsweep-postgres-'));
  // Postgres runs as another account when we are root
  await chmod(folder, 0o755);
  const cluster = clusterIn(join(folder, 'cluster'));
  await makeCluster(cluster);
  const port = await freePort();
  let child: ChildProcess | null = null;
  let exited: Promise<void> = Promise.resolve();
  const said: string[] = [];

  const start = async (): Promise<void> => {
    const { file, args, ...user } = await postgresLaunch(cluster, port);
    const started = spawn(file, [...args], { ...user, cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
    started.stderr.on('data', (text: Buffer) => said.push(text.toString()));
    exited = new Promise((resolve) => started.once('exit', () => resolve()));
    child = started;
    await until('Postgres answers', async () => {
      if (started.exitCode !== null) throw new Error(`Postgres did not start: ${said.slice(-20).join('')}`);
      return await postgresAnswers(cluster, port);
    });
  };
  const stop = async (): Promise<void> => {
    child?.kill('SIGINT');
    await exited;
  };

  await start();
  return {
    port,
    database: async () => {
      const name = `test_${randomUUID().replaceAll('-', '')}`;
      const client = new pg.Client({ connectionString: postgresUrl(cluster, port, 'postgres') });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return postgresUrl(cluster, port, name);
    },
    start,
    stop,
    close: async () => {
      await stop();
      await rm(cluster.folder, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
