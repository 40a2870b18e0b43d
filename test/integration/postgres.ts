// One embedded Postgres in a temporary folder on a free port, made and started as the local stack does it: for the whole test run, or for a
// file that stops it or changes what all databases of a server share.

import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterIn, makeCluster } from '../../services/local-stack/postgres/cluster.ts';
import { postgresAnswers, postgresLaunch, postgresUrl } from '../../services/local-stack/postgres/server.ts';
import { type Databases, databasesOn, dropDatabase, SHARED_POSTGRES } from './databases.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';

export interface PostgresServer extends Databases {
  readonly port: number;
  /** Its database `postgres`, as a superuser. */
  readonly url: string;
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
  const url = postgresUrl(cluster, port, 'postgres');
  return {
    port,
    url,
    ...databasesOn(url),
    start,
    stop,
    close: async () => {
      await stop();
      await rm(cluster.folder, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Databases that end with `close`, on the server of the test run; on one of this file's own where it runs alone. */
export async function openDatabases(): Promise<Databases & Pick<PostgresServer, 'close'>> {
  const shared = process.env[SHARED_POSTGRES];
  if (shared === undefined) return await startPostgres();
  const databases = databasesOn(shared);
  const made: string[] = [];
  const noted = async (url: Promise<string>): Promise<string> => {
    made.push(await url);
    return await url;
  };
  return {
    database: () => noted(databases.database()),
    migratedDatabase: () => noted(databases.migratedDatabase()),
    close: async () => {
      for (const url of made) await dropDatabase(shared, url);
    },
  };
}
