// Orchestrators, gpu-workers and the dashboard as services of the stack: Node processes that get their configuration, with the addresses filled in, through
// the environment, exactly as they would on another machine.

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { type Config, type HostPort, joinHostPort } from '../config/index.ts';
import { programEntry } from '../program/index.ts';
import type { StackLayout } from './layout.ts';
import { lowPriority } from './low-priority.ts';
import { accepts } from './ports.ts';
import type { ServiceCommand, ServiceDefinition } from './service.ts';

/** Longer than the orderly stop of either process takes at most. */
const ORCHESTRATOR_STOP_MS = 20_000;
const WORKER_STOP_MS = 30_000;
const DASHBOARD_STOP_MS = 5_000;
/** How the service is called in the stack's record. */
export const DASHBOARD = 'dashboard';

/** What the services of a stack have in common. */
export interface Surroundings {
  readonly environment: Environment;
  /** `stack.niceness` */
  readonly niceness: number;
  readonly layout: StackLayout;
}

export function orchestratorService(name: string, listen: HostPort, surroundings: Surroundings): ServiceDefinition {
  return nodeService(
    {
      ...{ name, listen, main: 'services/orchestrator/main', needs: ['postgres', 'temporal'] },
      stopTimeoutMs: ORCHESTRATOR_STOP_MS,
      own: { LSWEEP_ORCHESTRATOR_REGISTRY_ADDRESS: joinHostPort(listen) },
    },
    surroundings,
  );
}

export function workerService(
  name: string,
  nodeId: string | null,
  listen: HostPort,
  surroundings: Surroundings,
): ServiceDefinition {
  return nodeService(
    {
      ...{ name, listen, main: 'services/gpu-worker/main', needs: [] },
      args: ['--state-dir', surroundings.layout.worker(name)],
      stopTimeoutMs: WORKER_STOP_MS,
      own: {
        LSWEEP_WORKER_ADDRESS: joinHostPort(listen),
        LSWEEP_WORKER_NODE_ID: nodeId ?? '',
        // a node holds no credentials (docs/design/architecture.md section 2)
        LSWEEP_POSTGRES_URL: undefined,
        LSWEEP_POSTGRES_READER_URL: undefined,
        LSWEEP_TEMPORAL_ADDRESS: undefined,
      },
    },
    surroundings,
  );
}

/** Reads with a login that can only read, and knows no other. @param readerUrl null = that of the configuration */
export function dashboardService(
  listen: HostPort,
  readerUrl: string | null,
  surroundings: Surroundings,
): ServiceDefinition {
  return nodeService(
    {
      ...{ name: DASHBOARD, listen, main: 'services/dashboard/main', needs: ['postgres'] },
      stopTimeoutMs: DASHBOARD_STOP_MS,
      own: {
        LSWEEP_DASHBOARD_ADDRESS: joinHostPort(listen),
        LSWEEP_TEMPORAL_ADDRESS: undefined,
        ...(readerUrl === null ? {} : { LSWEEP_POSTGRES_URL: undefined, LSWEEP_POSTGRES_READER_URL: readerUrl }),
      },
    },
    surroundings,
  );
}

interface NodeService {
  readonly name: string;
  readonly listen: HostPort;
  /** As for `nodeCommand`. */
  readonly main: string;
  readonly args?: readonly string[];
  readonly needs: readonly string[];
  readonly stopTimeoutMs: number;
  /** What its environment has beside that of the others, or (undefined) has not. */
  readonly own: Environment;
}

/** A process that is ready when it has said so in its file and is listened to. */
function nodeService(
  { name, listen, main, args = [], needs, stopTimeoutMs, own }: NodeService,
  { environment, niceness, layout }: Surroundings,
): ServiceDefinition {
  const ready = layout.ready(name);
  return {
    ...{ name, port: listen.port, log: layout.log(name), needs, stopSignal: 'SIGTERM', stopTimeoutMs },
    command: () => {
      mkdirSync(layout.run, { recursive: true });
      rmSync(ready, { force: true });
      const command = nodeCommand(main, [...args, '--ready-file', ready], { ...environment, ...own });
      return Promise.resolve(lowPriority(command, niceness));
    },
    isReady: async (pid) =>
      readyPid(ready) === pid && (await accepts({ host: reachable(listen.host), port: listen.port })),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface Addresses {
  readonly postgresUrl: string;
  readonly temporalAddress: string;
  readonly artifactsUrl: string;
  readonly registryAddresses: readonly string[];
}

/** What services are told; everything else they read from the same file as we did. */
export function serviceEnvironment(config: Config, addresses: Addresses): Environment {
  return {
    ...process.env,
    LSWEEP_DIR: config.dir,
    LSWEEP_CONFIG: config.file ?? undefined,
    LSWEEP_STATE_DIR: config.stateDir,
    LSWEEP_POSTGRES_URL: addresses.postgresUrl,
    LSWEEP_TEMPORAL_ADDRESS: addresses.temporalAddress,
    LSWEEP_ARTIFACTS_URL: addresses.artifactsUrl,
    LSWEEP_WORKER_REGISTRIES: addresses.registryAddresses.join(','),
  };
}

/** @param main path of a main file from the root of the project, without `.ts`: it becomes a process of its own */
export function nodeCommand(main: string, args: readonly string[], env: Environment): ServiceCommand {
  const { path, execArgv } = programEntry(`../../${main}`, import.meta.url);
  return { file: process.execPath, args: [...execArgv, path, ...args], env };
}

/** An address that stands for all of them is reached through the loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

const readySchema = z.object({ pid: z.int() });

function readyPid(file: string): number | null {
  try {
    return readySchema.parse(JSON.parse(readFileSync(file, 'utf8'))).pid;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
