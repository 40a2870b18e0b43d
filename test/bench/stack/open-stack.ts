// A stack of its own for a benchmark: embedded Postgres, the Temporal dev server on a durable file, and orchestrators and workers as the processes
// that people run, each started and killed by the script. Everything lives in a temporary folder and ends with `close`.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, open as openFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { loadConfig } from '../../../services/config/index.ts';
import { lowPriority, sessionNiceness, yieldSession } from '../../../services/local-stack/low-priority.ts';
import { nodeCommand } from '../../../services/local-stack/node-services.ts';
import { makeStackSecret } from '../../../services/local-stack/stack-secret.ts';
import { connectSweepClient, type SweepClient } from '../../../services/orchestrator/index.ts';
import { openStore, type Store } from '../../../services/store/index.ts';
import { type ReadSweepFile, readSweepFile } from '../../../services/sweep-file/index.ts';
import { type PostgresServer, startPostgres } from '../../integration/postgres.ts';
import { freePort, startTemporalServer, type TemporalServer } from '../../integration/temporal-server.ts';
import { until } from '../../integration/until.ts';

export interface WorkerSettings {
  readonly name: string;
  readonly trainer: 'simulate' | 'simulate-inside';
  readonly slots: number;
  /** Attempts that wait on the node; some per slot for trials of a second. */
  readonly waitingPlaces: number;
}

export interface BenchStack {
  readonly root: string;
  readonly postgres: PostgresServer;
  readonly temporal: TemporalServer;
  readonly commands: SweepClient;
  readonly children: readonly ChildProcess[];
  /** Resolves when nodes may register. @param env more LSWEEP_* settings */
  orchestrator(env?: Readonly<Record<string, string>>): Promise<ChildProcess>;
  /** Resolves when an orchestrator owns the node. */
  worker(settings: WorkerSettings): Promise<ChildProcess>;
  /** Writes the sweep file and starts it. */
  start(name: string, yaml: string, batchSize?: number): Promise<ReadSweepFile>;
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

const PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

/** @param keep leaves the folder with its logs */
export async function openBenchStack(keep = process.env['LSWEEP_TEST_KEEP'] === '1'): Promise<BenchStack> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).toReversed()) await one();
  };
  try {
    return await open(keep, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function warnOf(what: string, reason: string | null): void {
  if (reason !== null) process.stderr.write(`${what}: ${reason}\n`);
}

/** @param closers of what is open so far, called last in first out by `close` */
async function open(
  keep: boolean,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<BenchStack> {
  const root = await mkdtemp(join(tmpdir(), 'lsweep-bench-'));
  if (!keep) closers.push(() => rm(root, { recursive: true, force: true }));
  await chmod(root, 0o755);
  // as the supervisor of a local stack does
  const { stack } = loadConfig({ dir: root, environment: {} });
  const niceness = sessionNiceness();
  warnOf("the stack's session keeps its priority", yieldSession(stack.niceness));
  closers.push(async () => warnOf('this session stays at low priority', yieldSession(niceness)));
  const postgres = await startPostgres();
  closers.push(() => postgres.close());
  const postgresUrl = await postgres.database();
  const temporal = await startTemporalServer([
    '--db-filename',
    join(root, 'temporal.sqlite'),
    ...PRAGMAS.flatMap((one) => ['--sqlite-pragma', one]),
  ]);
  closers.push(() => temporal.stop());
  const store: Store = openStore({ url: postgresUrl, poolSize: 2 });
  closers.push(() => store.close());
  await store.migrate();
  const pool = new pg.Pool({ connectionString: postgresUrl, max: 2 });
  // Postgres may be stopped on purpose
  pool.on('error', () => undefined);
  closers.push(() => pool.end());
  const connect = async (batchSize?: number): Promise<SweepClient> => {
    const client = await connectSweepClient({ temporal, store, ...(batchSize === undefined ? {} : { batchSize }) });
    closers.push(() => client.close());
    return client;
  };
  const commands = await connect();
  const registry = `127.0.0.1:${await freePort()}`;
  const stateDir = join(root, 'state');
  makeStackSecret({ stateDir, dir: root });
  const environment = {
    ...process.env,
    LSWEEP_DIR: root,
    LSWEEP_STATE_DIR: stateDir,
    LSWEEP_ARTIFACTS_URL: `file://${join(root, 'artifacts')}`,
    LSWEEP_LOG_LEVEL: process.env['LSWEEP_TEST_LOG'] ?? 'warn',
  };
  const children: ChildProcess[] = [];
  let isClosing = false;
  closers.push(() => {
    isClosing = true;
    return Promise.all(children.map(end));
  });
  let starts = 0;

  const launch = async (
    main: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<ChildProcess> => {
    const number = starts++;
    const log = await openFile(join(root, `${number}-${main.split('/').at(-2) ?? main}.log`), 'a');
    const ready = join(root, `${number}.ready`);
    const command = lowPriority(
      nodeCommand(main, [...args, '--ready-file', ready], { ...environment, ...env }),
      stack.niceness,
    );
    if (isClosing) throw new Error('the stack is closed');
    const child = spawn(command.file, [...command.args], { env: command.env, stdio: ['ignore', log.fd, log.fd] });
    await log.close();
    children.push(child);
    await until(
      `${main} is ready`,
      () => {
        if (child.exitCode !== null) throw new Error(`${main} ended with ${child.exitCode}; its log is in ${root}`);
        return existsSync(ready) || child.signalCode !== null;
      },
      60_000,
    );
    return child;
  };

  const query = async <Row extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> => (await pool.query<Row>(sql, [...values])).rows;

  return {
    root,
    postgres,
    temporal,
    commands,
    children,
    query,
    orchestrator: (env = {}) =>
      launch('services/orchestrator/main', [], {
        LSWEEP_POSTGRES_URL: postgresUrl,
        LSWEEP_TEMPORAL_ADDRESS: temporal.address,
        LSWEEP_ORCHESTRATOR_REGISTRY_ADDRESS: registry,
        ...env,
      }),
    worker: async ({ name, trainer, slots, waitingPlaces }) => {
      const child = await launch('services/gpu-worker/main', ['--state-dir', join(root, 'nodes', name)], {
        LSWEEP_WORKER_REGISTRIES: registry,
        LSWEEP_WORKER_NODE_ID: name,
        LSWEEP_WORKER_TRAINER: trainer,
        LSWEEP_WORKER_SLOTS: String(slots),
        LSWEEP_WORKER_WAITING_PLACES: String(waitingPlaces),
      });
      await until(
        `node ${name} is owned`,
        async () => (await query('select from nodes where name = $1 and owner is not null', [name])).length === 1,
        60_000,
      );
      return child;
    },
    start: async (name, yaml, batchSize) => {
      const file = join(root, `${name}.yaml`);
      await writeFile(file, yaml);
      const read = readSweepFile(file);
      await (await connect(batchSize)).startSweep(read);
      return read;
    },
    close,
  };
}

/** SIGKILL: the benchmark has what it wanted. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
