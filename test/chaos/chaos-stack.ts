// A stack whose every process may be killed: Postgres, Temporal, orchestrators and workers, each kept running by the local stack's own supervision
// (as an init system would), with a disturbable link on every way between orchestrators and nodes. Everything lives in one temporary folder.

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import pino from 'pino';
import { isAlive, joinHostPort, loadConfig, markOf, type ProcessMark } from '../../services/config/index.ts';
import { simulateEntry } from '../../services/gpu-worker/index.ts';
import { layoutOf } from '../../services/local-stack/layout.ts';
import { orchestratorService, serviceEnvironment, workerService } from '../../services/local-stack/node-services.ts';
import { choosePort } from '../../services/local-stack/ports.ts';
import { clusterIn } from '../../services/local-stack/postgres/cluster.ts';
import { postgresService } from '../../services/local-stack/postgres/postgres-service.ts';
import { postgresUrl } from '../../services/local-stack/postgres/server.ts';
import { Service, type ServiceDefinition, type ServiceTimes } from '../../services/local-stack/service.ts';
import { makeStackSecret } from '../../services/local-stack/stack-secret.ts';
import { temporalService } from '../../services/local-stack/temporal-service.ts';
import { connectSweepClient, type SweepClient } from '../../services/orchestrator/index.ts';
import { routeTo } from '../../services/rpc/index.ts';
import { openStore } from '../../services/store/index.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { until } from '../integration/until.ts';
import type { Target } from './fault-schedule.ts';
import { Link } from './link.ts';
import { childrenOf } from './processes.ts';

export interface StackSize {
  readonly nodes: number;
  readonly slotsPerNode: number;
  readonly replicas: number;
}

export interface ChaosStack {
  readonly root: string;
  readonly size: StackSize;
  readonly temporalAddress: string;
  /** The process of the target, or null when none runs just now. */
  processOf(target: Target): ProcessMark | null;
  linksOf(target: Extract<Target, { what: 'worker' | 'orchestrator' }>): readonly Link[];
  /** Processes that supervision keeps running. */
  services(): readonly { readonly name: string; readonly pid: number | null; readonly restarts: number }[];
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Writes the sweep file, starts it, and returns its spec. */
  start(name: string, yaml: string): Promise<unknown>;
  allNodesOwned(withinMs: number): Promise<void>;
  /** Ends every process in order. */
  stop(): Promise<void>;
  /** After `stop`. */
  remove(): Promise<void>;
}

/** A killed process is back soon, as with an init system. */
const SERVICE_TIMES: ServiceTimes = {
  readyPollMs: 250,
  healthPollMs: 5_000,
  firstBackoffMs: 500,
  mostBackoffMs: 4_000,
  steadyMs: 5_000,
};
/** Starts at a time: a Node process costs a second of a core until it is ready. */
const STARTS_AT_A_TIME = 8;
const START_MS = 240_000;
const QUERY_MS = 15_000;
/** Of running phases; a dead orchestrator's activities are asked for again after it. */
const HEARTBEAT_TIMEOUT_MS = 15_000;

/** Bounds are short, so that every injection is noticed within seconds; a node in quarantine is tried again soon. */
function configText({ nodes, slotsPerNode, replicas }: StackSize): string {
  return JSON.stringify({
    worker: { count: Math.min(nodes, 16), slots: slotsPerNode, trainer: 'simulate' },
    orchestrator: {
      replicas,
      nodeTimeoutMs: 10_000,
      ownershipLeaseMs: 8_000,
      segmentMs: 60_000,
      quarantineMs: 5_000,
      maxQuarantineMs: 20_000,
    },
    log: { level: process.env['LSWEEP_TEST_LOG'] ?? 'warn' },
  });
}

/** Runs and owns every node when it returns. */
export async function openChaosStack(size: StackSize): Promise<ChaosStack> {
  const root = await mkdtemp(join(tmpdir(), 'lsweep-chaos-'));
  // Postgres runs as another account when we are root
  await chmod(root, 0o755);
  await writeFile(join(root, 'lsweep.yaml'), configText(size));
  const config = loadConfig({ dir: root });
  makeStackSecret(config);
  const layout = layoutOf(config.stateDir);
  const log = pino({ level: process.env['LSWEEP_TEST_LOG'] ?? 'silent' }, pino.destination(2));
  const taken = new Set<number>();
  const port = async (): Promise<number> => {
    const chosen = await choosePort(null, taken);
    taken.add(chosen);
    return chosen;
  };
  const supervised = new Map<string, Service>();
  // a harness that ends early must not leave its stack behind; trainers end with their workers
  const killAll = (): void => {
    for (const { record } of supervised.values()) {
      if (record.process !== null && isAlive(record.process)) process.kill(record.process.pid, 'SIGKILL');
    }
  };
  process.on('exit', killAll);
  const start = (definition: ServiceDefinition): Service => {
    const service = new Service(definition, SERVICE_TIMES, log, () => undefined);
    supervised.set(definition.name, service);
    service.start();
    return service;
  };
  const ready = (services: readonly Service[]): Promise<void> =>
    until(
      `${services.map((one) => one.definition.name).join(', ')} ready`,
      () => services.every((one) => one.isReady),
      START_MS,
    );

  const cluster = clusterIn(layout.postgres);
  const postgresPort = await port();
  const url = postgresUrl(cluster, postgresPort);
  const temporalPorts = { frontend: await port(), ui: await port() };
  const temporalAddress = `127.0.0.1:${temporalPorts.frontend}`;
  await ready([
    start(postgresService(cluster, postgresPort, layout)),
    start(temporalService(temporalPorts, config, layout)),
  ]);
  const store = openStore({ url, poolSize: 2 });
  await store.migrate();
  const pool = new pg.Pool({
    connectionString: url,
    max: 2,
    query_timeout: QUERY_MS,
    connectionTimeoutMillis: QUERY_MS,
  });
  // Postgres dies on purpose; the next query connects again
  pool.on('error', () => undefined);

  const listening = async (): Promise<{ readonly host: string; readonly port: number }> => ({
    host: '127.0.0.1',
    port: await port(),
  });
  const registries = await Promise.all(Array.from({ length: size.replicas }, listening));
  const environment = serviceEnvironment(config, {
    postgresUrl: url,
    temporalAddress,
    artifactsUrl: `file://${join(root, 'artifacts')}`,
    registryAddresses: registries.map(joinHostPort),
  });
  const surroundings = { environment, niceness: config.stack.niceness, layout };
  const orchestrators = registries.map((listen, i) =>
    start(orchestratorService(nameOf({ what: 'orchestrator', replica: i }), listen, surroundings)),
  );
  await ready(orchestrators);

  const links: { readonly toNode: Link; readonly toRegistries: readonly Link[] }[] = [];
  for (let from = 0; from < size.nodes; from += STARTS_AT_A_TIME) {
    const group: Service[] = [];
    for (let node = from; node < Math.min(size.nodes, from + STARTS_AT_A_TIME); node++) {
      const name = nameOf({ what: 'worker', node });
      const listen = await listening();
      const toNode = await Link.open(listen.port);
      const toRegistries = await Promise.all(registries.map((registry) => Link.open(registry.port)));
      links.push({ toNode, toRegistries });
      const own = {
        LSWEEP_WORKER_ADVERTISE: toNode.address,
        LSWEEP_WORKER_REGISTRIES: toRegistries.map((link) => link.address).join(','),
      };
      group.push(
        start(workerService(name, name, listen, { ...surroundings, environment: { ...environment, ...own } })),
      );
    }
    await ready(group);
  }

  const query = async <Row extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> => (await pool.query<Row>(sql, [...values])).rows;
  let commands: SweepClient | null = null;

  const stack: ChaosStack = {
    root,
    size,
    temporalAddress,
    query,
    processOf: (target) => {
      const mark = supervised.get(nameOf(target))?.record.process ?? null;
      if (mark === null || target.what !== 'trainer') return mark;
      const trainer = childrenOf(mark.pid).filter(({ command }) => command.includes(simulateEntry))[target.slot];
      return trainer === undefined ? null : markOf(trainer.pid);
    },
    linksOf: (target) =>
      target.what === 'worker'
        ? links.slice(target.node, target.node + 1).flatMap(({ toNode, toRegistries }) => [toNode, ...toRegistries])
        : links.flatMap(({ toRegistries }) => toRegistries.slice(target.replica, target.replica + 1)),
    services: () =>
      [...supervised.values()].map(({ record }) => ({
        name: record.name,
        pid: record.process?.pid ?? null,
        restarts: record.restarts,
      })),
    start: async (name, yaml) => {
      const path = join(root, `${name}.yaml`);
      await writeFile(path, yaml);
      const file = readSweepFile(path);
      commands ??= await connectSweepClient({
        temporal: { address: temporalAddress, namespace: config.temporal.namespace },
        store,
        heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS,
      });
      await commands.startSweep(file);
      return file.spec;
    },
    allNodesOwned: (withinMs) =>
      until(
        'every node is owned',
        async () => {
          const [row] = await query<{ owned: number }>(
            'select count(*)::int as owned from nodes where owner is not null and owned_until > now()',
          );
          return row?.owned === size.nodes;
        },
        withinMs,
      ),
    stop: async () => {
      await commands?.close();
      await pool.end();
      await store.close();
      const inOrder = [...supervised.values()].reverse();
      const isServer = ({ definition }: Service): boolean => ['postgres', 'temporal'].includes(definition.name);
      await Promise.all(inOrder.filter((one) => !isServer(one)).map((one) => one.stop()));
      for (const one of inOrder.filter(isServer)) await one.stop();
      process.off('exit', killAll);
      await Promise.all(
        links.flatMap(({ toNode, toRegistries }) => [toNode, ...toRegistries].map((link) => link.close())),
      );
    },
    remove: async () => {
      await rm(cluster.folder, { recursive: true, force: true });
      await rm(root, { recursive: true, force: true });
    },
  };
  await stack.allNodesOwned(START_MS);
  return stack;
}

function nameOf(target: Target): string {
  switch (target.what) {
    case 'orchestrator':
      return `orchestrator-${target.replica + 1}`;
    case 'worker':
    case 'trainer':
      return `node-${target.node + 1}`;
    case 'temporal':
    case 'postgres':
      return target.what;
  }
}

/** Events of the longest history of the server, over open and closed workflows. */
export async function longestHistory(address: string): Promise<number> {
  const connection = await Connection.connect(routeTo(address, null, 'temporal.address'));
  try {
    let longest = 0;
    let nextPageToken = new Uint8Array();
    do {
      const page = await connection.workflowService.listWorkflowExecutions({ namespace: 'default', nextPageToken });
      for (const { historyLength } of page.executions ?? []) longest = Math.max(longest, Number(historyLength ?? 0));
      nextPageToken = new Uint8Array(page.nextPageToken ?? []);
    } while (nextPageToken.length > 0);
    return longest;
  } finally {
    await connection.close();
  }
}
