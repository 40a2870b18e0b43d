// Orchestrators as processes that can be killed, over one bench with scripted nodes: what failover tests and their full form in test/chaos share.

import assert from 'node:assert/strict';
import { endOrchestrator, type ForkedOrchestrator, forkOrchestrator } from './forked-orchestrator.ts';
import { ownerOf } from './phases-on-record.ts';
import { scriptOf } from './scripted-sweep.ts';
import { ScriptedWorker } from './scripted-worker.ts';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';
import type { BenchOptions } from './workflows-bench.ts';

export interface FailoverBench extends StoreBench {
  /** Two, for as many orchestrators; nodes register at both. */
  readonly registries: readonly [string, string];
  /** Resolves to its replica id when it serves its registry. */
  orchestrator(registryAddress: string): Promise<string>;
  /** SIGKILL. */
  kill(replicaId: string): Promise<void>;
  /** Resolves when an orchestrator owns it. @param renewMs longest wait between renewals; an orchestrator may ask for shorter ones */
  node(nodeId: string, slots: number, renewMs?: number): Promise<ScriptedWorker>;
}

/** @param times of the fleet: shortened ones, or the default ones of real fleets */
export async function openFailoverBench(times: 'test' | 'default', options: BenchOptions = {}): Promise<FailoverBench> {
  const opened = await openStoreBench(options);
  const registries = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`] as const;
  const forked: ForkedOrchestrator[] = [];
  const nodes: ScriptedWorker[] = [];
  return {
    ...opened,
    registries,
    orchestrator: async (registryAddress) => {
      const one = await forkOrchestrator(opened, registryAddress, times);
      forked.push(one);
      return one.replicaId;
    },
    kill: async (replicaId) => {
      const found = forked.find((one) => one.replicaId === replicaId);
      assert.ok(found !== undefined, `${replicaId} runs`);
      await endOrchestrator(found.child, 'SIGKILL');
    },
    node: async (nodeId, slots, renewMs = 60_000) => {
      const one = new ScriptedWorker({ nodeId, slots, registries, script: scriptOf, renewMs });
      nodes.push(one);
      await one.start();
      await until(`${nodeId} is owned`, async () => (await ownerOf(opened.fixture, nodeId)) !== null);
      return one;
    },
    close: async () => {
      await Promise.all(nodes.map((one) => one.die()));
      await Promise.all(forked.map(({ child }) => endOrchestrator(child, 'SIGKILL')));
      await opened.close();
    },
  };
}
