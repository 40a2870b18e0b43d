// Where the local stack keeps what, below the state folder.

import { join } from 'node:path';

export interface StackLayout {
  /** Holds the password and the cluster; owned by the account that Postgres runs as. */
  readonly postgres: string;
  readonly temporalFile: string;
  readonly logs: string;
  /** Files of running processes only: may be deleted whenever nothing runs. */
  readonly run: string;
  /** Held by the supervisor for its life, or by a command that starts Postgres alone. */
  readonly lock: string;
  log(service: string): string;
  /** One folder per node of this machine. */
  readonly nodes: string;
  /** Checkpoints, where the configuration names no other place. */
  readonly artifacts: string;
  /** Spool, cache and name of a node. */
  worker(service: string): string;
  /** Written by an orchestrator when nodes may register. */
  ready(service: string): string;
}

export function layoutOf(stateDir: string): StackLayout {
  const logs = join(stateDir, 'logs');
  const run = join(stateDir, 'run');
  const nodes = join(stateDir, 'nodes');
  return {
    postgres: join(stateDir, 'postgres'),
    temporalFile: join(stateDir, 'temporal', 'temporal.sqlite'),
    logs,
    run,
    lock: join(stateDir, 'stack.lock'),
    log: (service) => join(logs, `${service}.log`),
    nodes,
    artifacts: join(stateDir, 'artifacts'),
    worker: (service) => join(nodes, service),
    ready: (service) => join(run, `${service}.ready`),
  };
}
