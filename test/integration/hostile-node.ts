// A node that lies: a real gRPC server that registers and renews like any other, and answers RunPhase with whatever a test makes up.

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type DeepPartial,
  type Node,
  RunPhaseResponse,
  type Segment,
} from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { connectRegistry, type RpcServer, serveWorker } from '../../services/rpc/index.ts';
import { type ScriptedPhase, scriptOf } from './scripted-sweep.ts';
import { TEST_RPC } from './test-rpc.ts';

export type Message = DeepPartial<RunPhaseResponse>;
/** @param name of the phase, as the sweep calls it */
export type Lie = (name: string, signal: AbortSignal) => Iterable<Message> | AsyncIterable<Message>;

/** A good first segment of a phase of five steps, but for what is given. */
export function segmentEvent(seq: bigint, change: DeepPartial<Segment> = {}): Message {
  const steps = [1n, 2n, 3n, 4n, 5n];
  const value = {
    fromStep: 0n,
    toStep: 5n,
    metrics: [{ name: 'loss_nats', steps, values: steps.map(Number) }],
    items: [],
    deviceSeconds: 1,
    tokens: 10n,
    ...change,
  };
  return { seq, event: { $case: 'segment', value } };
}

/** The result of a phase that trained, but for what is given. */
export function completedEvent(seq: bigint, change: object = {}): Message {
  const result = { weightsSha256: 'a'.repeat(64), capacityFloatsPerLatent: null, evaluation: null, analyses: [] };
  return { seq, event: { $case: 'completed', value: { resultJson: JSON.stringify({ ...result, ...change }) } } };
}

export interface HostileNode {
  readonly node: Node;
  /** RunPhase calls so far, by the phase's name. */
  readonly calls: ReadonlyMap<string, number>;
  readonly stopped: ReadonlySet<string>;
  /** Renewals that failed. */
  readonly missed: number;
  close(): Promise<void>;
}

export async function startHostileNode(
  nodeId: string,
  registry: string,
  lie: Lie,
  change: Partial<Node> = {},
): Promise<HostileNode> {
  const calls = new Map<string, number>();
  const stopped = new Set<string>();
  const names = new Map<string, string>();
  let missed = 0;
  const server: RpcServer = await serveWorker(
    {
      describeNode: async () => ({ attempts: [] }),
      acknowledge: async () => ({}),
      stopPhase: async ({ phaseKey }) => {
        stopped.add(names.get(phaseKey) ?? phaseKey);
        return { wasRunning: true };
      },
      runPhase: async function* ({ phaseKey, configJson }, { signal }) {
        const script = configJson === '' ? null : (scriptOf(configJson) as Partial<ScriptedPhase>);
        const name = names.get(phaseKey) ?? script?.name ?? phaseKey;
        names.set(phaseKey, name);
        calls.set(name, (calls.get(name) ?? 0) + 1);
        for await (const message of lie(name, signal)) {
          if (signal.aborted) return;
          yield RunPhaseResponse.fromPartial(message);
        }
      },
    },
    '127.0.0.1:0',
    TEST_RPC,
  );
  const node: Node = {
    nodeId,
    address: server.address,
    incarnation: randomBytes(8).toString('hex'),
    slots: [0, 1, 2, 3].map((index) => ({ index, device: 'cpu', memoryBytes: 0n, threads: 1 })),
    engineVersion: 'scripted',
    memoryBytes: 0n,
    instanceId: '',
    ...change,
  };
  const { client, close } = connectRegistry(registry, TEST_RPC);
  const ending = new AbortController();
  const renewing = (async (): Promise<void> => {
    let known = false;
    while (!ending.signal.aborted) {
      try {
        if (!known) await client.registerNode({ node, attempts: [] });
        const { incarnation } = node;
        known = (await client.renewNode({ nodeId, incarnation, attempts: [] })).known;
      } catch {
        missed += 1;
        known = false;
      }
      await pause(200);
    }
  })();
  return {
    node,
    calls,
    stopped,
    get missed() {
      return missed;
    },
    close: async () => {
      ending.abort();
      await renewing;
      close();
      await server.stop();
    },
  };
}
