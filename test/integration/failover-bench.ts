// Orchestrators as processes that can be killed, over one bench with scripted nodes: what failover tests and their full form in test/chaos share.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { keyOf, scriptOf } from './scripted-sweep.ts';
import { ScriptedWorker } from './scripted-worker.ts';
import { serveStore } from './store-over-ipc.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';
import { type Bench, type BenchOptions, openBench } from './workflows-bench.ts';

export interface FailoverBench {
  readonly bench: Bench;
  /** Two, for as many orchestrators; nodes register at both. */
  readonly registries: readonly [string, string];
  /** Resolves to its replica id when it serves its registry. */
  orchestrator(registryAddress: string): Promise<string>;
  /** SIGKILL. */
  kill(replicaId: string): Promise<void>;
  /** Resolves when an orchestrator owns it. @param renewMs longest wait between renewals; an orchestrator may ask for shorter ones */
  node(nodeId: string, slots: number, renewMs?: number): Promise<ScriptedWorker>;
  ownerOf(nodeId: string): string;
  /** Steps of record of a scripted phase. */
  committed(name: string): number;
  close(): Promise<void>;
}

/** @param times of the fleet: shortened ones, or the default ones of real fleets */
export async function openFailoverBench(times: 'test' | 'default', options: BenchOptions = {}): Promise<FailoverBench> {
  const bench = await openBench(options);
  const registries = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`] as const;
  const children = new Map<string, ChildProcess>();
  const forked: ChildProcess[] = [];
  const nodes: ScriptedWorker[] = [];
  return {
    bench,
    registries,
    orchestrator: async (registryAddress) => {
      const child = fork(
        fileURLToPath(new URL('./orchestrator-child.ts', import.meta.url)),
        [bench.temporal.address, bench.temporal.namespace, registryAddress, times],
        { execArgv: ['--import', 'tsx'], serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
      );
      forked.push(child);
      serveStore(bench.store, child);
      const replicaId = await new Promise<string>((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`the orchestrator ended with ${code}`)));
        child.on('message', (message: unknown) => {
          if (typeof message === 'object' && message !== null && 'ready' in message) resolve(String(message.ready));
        });
      });
      children.set(replicaId, child);
      return replicaId;
    },
    kill: async (replicaId) => {
      const child = children.get(replicaId);
      assert.ok(child !== undefined, `${replicaId} runs`);
      children.delete(replicaId);
      await kill(child);
    },
    node: async (nodeId, slots, renewMs = 60_000) => {
      const one = new ScriptedWorker({ nodeId, slots, registries, script: scriptOf, renewMs });
      nodes.push(one);
      await one.start();
      await until(`${nodeId} is owned`, () => bench.store.owners.has(nodeId), 60_000);
      return one;
    },
    ownerOf: (nodeId) => bench.store.owners.get(nodeId)?.replicaId ?? '',
    committed: (name) => bench.store.phases.get(keyOf(name))?.metrics.size ?? 0,
    close: async () => {
      await Promise.all(nodes.map((one) => one.die()));
      await Promise.all(forked.map(kill));
      await bench.close();
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
