// An orchestrator in a process of its own, which can be killed or suspended.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { programEntry } from '../../services/program/index.ts';
import type { StoreBench } from './store-bench.ts';

const program = programEntry('./orchestrator-child', import.meta.url);

export interface ForkedOrchestrator {
  readonly child: ChildProcess;
  readonly replicaId: string;
}

/** Resolves when it serves its registry. @param times of the fleet: shortened ones, or the default ones of real fleets */
export async function forkOrchestrator(
  { bench, fixture }: StoreBench,
  registryAddress = bench.registryAddress,
  times: 'test' | 'default' = 'test',
): Promise<ForkedOrchestrator> {
  const { address, namespace } = bench.temporal;
  const child = fork(program.path, [address, namespace, registryAddress, fixture.url, times], {
    ...{ execArgv: [...program.execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  });
  const replicaId = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the orchestrator ended with ${code}`)));
    child.once('message', (message: unknown) => {
      if (typeof message === 'string') resolve(message);
    });
  });
  return { child, replicaId };
}

export async function endOrchestrator(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
