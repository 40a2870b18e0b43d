// The server of a cluster: its command line, whether it answers, and the clean-up after one that was killed.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { isAlive, markOf, type ProcessMark } from '../../config/index.ts';
import { type Cluster, DATABASE, POSTGRES_USER } from './cluster.ts';
import { type Launch, launchAs } from './launch.ts';
import { postgresPrograms } from './programs.ts';

/** A real Temporal server beside the stack holds about 50 connections (docs/design/temporal.md section 4). */
const MOST_CONNECTIONS = 200;
/** On a full machine a login takes seconds. */
const CONNECT_TIMEOUT_MS = 15_000;
const POLL_MS = 50;
const FAST_STOP_MS = 30_000;

export async function postgresLaunch(cluster: Cluster, port: number): Promise<Launch> {
  const programs = await postgresPrograms(cluster.account);
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    // a socket's path has a length limit that a deep folder breaks
    'unix_socket_directories=',
    `max_connections=${MOST_CONNECTIONS}`,
    // a page at random costs a disk without moving parts little more than the next one
    'random_page_cost=1.1',
    // planning writes 100,000 cells in half a minute; until tables are analysed, questions get plans for empty ones
    'autovacuum_naptime=5s',
    'timezone=UTC',
    'log_timezone=UTC',
  ];
  return launchAs(
    cluster.account,
    programs.postgres,
    ['-D', cluster.data, ...settings.flatMap((one) => ['-c', one])],
    [cluster.data],
  );
}

export function postgresUrl({ password }: Cluster, port: number, database = DATABASE): string {
  return `postgres://${POSTGRES_USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/** Also makes the project's database the first time, in which only its owner has temporary tables. */
export async function postgresAnswers(cluster: Cluster, port: number): Promise<boolean> {
  const client = new pg.Client({
    connectionString: postgresUrl(cluster, port, 'postgres'),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ readonly anybody: boolean }>(
      "select has_database_privilege('public', oid, 'temporary') as anybody from pg_database where datname = $1",
      [DATABASE],
    );
    if (rows.length === 0) await client.query(`create database ${DATABASE}`);
    // or the role that reads could fill the disk with tables of its session
    if (rows[0]?.anybody !== false) await client.query(`revoke temporary on database ${DATABASE} from public`);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Ends a server of this cluster that nobody looks after, and removes the note of one that is gone. Postgres itself trusts the pid in its
 * note alone, and then refuses to start when the pid belongs to another program by now.
 */
export async function endStrayPostgres(data: string): Promise<'ended' | 'none'> {
  const note = join(data, 'postmaster.pid');
  const pid = Number(readOrEmpty(note).split('\n')[0]);
  const mark = pid > 0 ? markOf(pid) : null;
  if (mark === null || !commandOf(pid).includes(data)) {
    rmSync(note, { force: true });
    return 'none';
  }
  // SIGINT is the fast, orderly stop; SIGQUIT the immediate one, after which the next start recovers
  process.kill(pid, 'SIGINT');
  if (!(await isGone(mark, FAST_STOP_MS))) {
    process.kill(pid, 'SIGQUIT');
    await isGone(mark, FAST_STOP_MS);
  }
  return 'ended';
}

async function isGone(mark: ProcessMark, withinMs: number): Promise<boolean> {
  for (const deadlineMs = performance.now() + withinMs; performance.now() < deadlineMs; await pause(POLL_MS))
    if (!isAlive(mark)) return true;
  return false;
}

function commandOf(pid: number): string {
  if (process.platform === 'linux') return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
  return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return '';
    throw error;
  }
}
