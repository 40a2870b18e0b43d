// One Temporal dev server, one store (in memory unless another is given) and any number of orchestrators and scripted nodes in this process, torn down together.

import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import pino from 'pino';
import {
  connectSweepClient,
  type Orchestrator,
  type SweepClient,
  startOrchestrator,
} from '../../services/orchestrator/index.ts';
import { routeTo } from '../../services/rpc/index.ts';
import type { OrchestratorStore, SweepFileStore } from '../../services/store/types.ts';
import { sweepWorkflowId } from '../../workflows/domain/workflow-ids.ts';
import { TEST_TIMES } from './fleet-times.ts';
import { compareScripted, planScripted, type ScriptedSpec, scriptOf } from './scripted-sweep.ts';
import { ScriptedWorker } from './scripted-worker.ts';
import { freePort, openNamespace, startTemporalServer, type TemporalServer } from './temporal-server.ts';
import { TEST_TRANSPORT } from './test-rpc.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

export type BenchStore = OrchestratorStore & SweepFileStore;

export interface Bench<S extends BenchStore = BenchStore> {
  readonly store: S;
  readonly temporal: TemporalServer;
  readonly client: Client;
  readonly commands: SweepClient;
  readonly registryAddress: string;
  readonly workers: readonly ScriptedWorker[];
  /** Every node leaves in order; the next test brings its own. */
  leaveAll(): Promise<void>;
  orchestrator(registryAddress?: string): Promise<Orchestrator>;
  worker(nodeId: string, slots: number, registries?: readonly string[], memoryBytes?: number): Promise<ScriptedWorker>;
  start(name: string, spec: ScriptedSpec): Promise<void>;
  /** Waits for the sweep's workflow. */
  result(name: string): Promise<unknown>;
  close(): Promise<void>;
}

export interface BenchOptions {
  /** More arguments of the Temporal server, which is then one of its own. */
  readonly flags?: readonly string[];
  readonly batchSize?: number;
  readonly heartbeatTimeoutMs?: number;
}

/** The caller closes the store. */
export async function openBenchOn<S extends BenchStore>(
  store: S,
  { flags = [], ...sweeps }: BenchOptions = {},
): Promise<Bench<S>> {
  const temporal = await (flags.length === 0 ? openNamespace() : startTemporalServer(flags));
  const connection = await Connection.connect({
    ...routeTo(temporal.address, null, 'temporal.address'),
    connectTimeout: '1 minute',
  });
  const client = new Client({ connection, namespace: temporal.namespace });
  const commands = await connectSweepClient({ temporal, store, compare: compareScripted, ...sweeps });
  const registryAddress = `127.0.0.1:${await freePort()}`;
  const orchestrators: Orchestrator[] = [];
  const workers: ScriptedWorker[] = [];
  return {
    store,
    temporal,
    client,
    commands,
    registryAddress,
    workers,
    leaveAll: async () => {
      for (const one of workers.splice(0)) {
        await one.leave();
        await one.die();
      }
    },
    orchestrator: async (address = registryAddress) => {
      const one = await startOrchestrator({
        store,
        temporal,
        replicaId: randomUUID(),
        registryAddress: address,
        planSweep: planScripted,
        ...TEST_TRANSPORT,
        times: TEST_TIMES,
        log: pino({ level: process.env['LSWEEP_TEST_LOG'] ?? 'silent' }),
      });
      orchestrators.push(one);
      return one;
    },
    worker: async (nodeId, slots, registries = [registryAddress], memoryBytes = 0) => {
      const one = new ScriptedWorker({ nodeId, slots, registries, script: scriptOf, memoryBytes });
      await one.start();
      workers.push(one);
      return one;
    },
    start: async (name, spec) => {
      await commands.startSweep({
        name,
        spec,
        specHash: JSON.stringify(spec),
        cells: spec.trials.length,
        priority: 3,
        weight: 1,
        width: null,
      });
    },
    result: (name) => client.workflow.getHandle(sweepWorkflowId(name)).result(),
    close: async () => {
      await Promise.all(workers.map((one) => one.die()));
      await Promise.all(orchestrators.map((one) => one.stop()));
      await commands.close();
      await connection.close();
      await temporal.stop();
    },
  };
}
