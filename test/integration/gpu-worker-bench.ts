// A real gpu-worker with scripted trainers, in this process or in one of its own that can be killed, and an orchestrator's side of it:
// a client that runs phases and remembers what it heard. Everything ends with `close`.

import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { type ArtifactStore, openArtifactStore } from '../../services/artifacts/index.ts';
import type { RegistryServiceImplementation } from '../../services/gen/latentsweep/registry/v1/registry.ts';
import {
  type Artifact,
  type DeepPartial,
  type RunPhaseRequest,
  type RunPhaseResponse,
  type WorkerServiceClient,
} from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { DEFAULT_WORKER_TIMES, startWorker, type Worker, type WorkerOptions } from '../../services/gpu-worker/index.ts';
import { programEntry } from '../../services/program/index.ts';
import { connectWorker, type RpcServer, serveRegistry } from '../../services/rpc/index.ts';
import { configOfScript } from './scripted-sweep.ts';
import type { TrainerScript } from './scripted-trainer-child.ts';
import { TEST_RPC } from './test-rpc.ts';

const scriptedTrainer = programEntry('./scripted-trainer-child', import.meta.url);
const workerChild = programEntry('./gpu-worker-child', import.meta.url);

export const SCRIPTED_TRAINER = {
  trainerEntry: scriptedTrainer.path,
  trainerExecArgv: scriptedTrainer.execArgv,
} as const;

export const WORKER_TEST_TIMES = {
  ...DEFAULT_WORKER_TIMES,
  // tests of what is too slow give their own
  stallMs: 60_000,
  firstStepMs: 60_000,
  trainerGraceMs: 2_000,
  leaveMs: 5_000,
} as const;

export const phaseKey = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32);

export function request(
  name: string,
  script: TrainerScript,
  more: DeepPartial<RunPhaseRequest> = {},
): DeepPartial<RunPhaseRequest> {
  return {
    phaseKey: phaseKey(name),
    attempt: 1,
    slot: 0,
    configJson: JSON.stringify(configOfScript(script)),
    threads: 1,
    segmentMs: 1n,
    ...more,
  };
}

export class WorkerBench {
  readonly root = mkdtempSync(join(tmpdir(), 'gpu-worker-'));
  readonly artifactsDir: string;
  readonly #closers: (() => Promise<void> | void)[] = [];

  /** @param beside shares its artifact store, as the nodes of a fleet do */
  constructor(beside?: WorkerBench) {
    this.artifactsDir = beside?.artifactsDir ?? join(this.root, 'artifacts');
  }

  options(more: Partial<WorkerOptions> = {}): Omit<WorkerOptions, 'artifacts'> {
    return {
      stateDir: join(this.root, 'state'),
      nodeId: 'node-t',
      listen: '127.0.0.1:0',
      advertise: null,
      registries: [],
      slots: [{ device: 'cpu', threads: 1, memoryBytes: 0 }],
      waitingPlaces: 0,
      ...SCRIPTED_TRAINER,
      cacheBytes: 1 << 20,
      rpc: TEST_RPC,
      times: WORKER_TEST_TIMES,
      log: pino({ level: process.env['LSWEEP_TEST_LOG'] ?? 'silent' }),
      ...more,
    };
  }

  artifacts(): Promise<ArtifactStore> {
    return openArtifactStore(this.artifactsDir);
  }

  async worker(more: Partial<WorkerOptions> = {}): Promise<Worker> {
    const worker = await startWorker({ artifacts: await this.artifacts(), ...this.options(more) });
    let stopped: Promise<void> | null = null;
    const stop = (): Promise<void> => (stopped ??= worker.stop());
    this.#closers.push(stop);
    return { ...worker, stop };
  }

  /** In a process of its own. */
  async child(more: Partial<WorkerOptions> = {}): Promise<{ readonly child: ChildProcess; readonly address: string }> {
    const { log, ...options } = this.options(more);
    const child = fork(workerChild.path, [], {
      execArgv: [...workerChild.execArgv],
      serialization: 'advanced',
    });
    this.#closers.push(() => kill(child));
    child.send({ options, level: log.level, artifacts: this.artifactsDir });
    const [address] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the worker ended with ${code}`))),
    ])) as [string];
    return { child, address };
  }

  client(address: string): WorkerServiceClient {
    const { client, close } = connectWorker(address, TEST_RPC);
    this.#closers.push(close);
    return client;
  }

  async registry(implementation: RegistryServiceImplementation, address = '127.0.0.1:0'): Promise<RpcServer> {
    const server = await serveRegistry(implementation, address, TEST_RPC);
    let stopped: Promise<void> | null = null;
    const stop = (): Promise<void> => (stopped ??= server.stop());
    this.#closers.push(stop);
    return { ...server, stop };
  }

  async close(): Promise<void> {
    for (const one of this.#closers.reverse()) await one();
    rmSync(this.root, { recursive: true, force: true });
  }
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

export type DurableCase = 'segment' | 'completed' | 'stopped' | 'failed';
type Event = NonNullable<RunPhaseResponse['event']>;

/** One reader of one stream. */
export class Heard {
  readonly messages: RunPhaseResponse[] = [];
  readonly ended: Promise<void>;
  error: unknown = null;
  readonly #abort = new AbortController();

  constructor(client: WorkerServiceClient, what: DeepPartial<RunPhaseRequest>) {
    this.ended = (async () => {
      try {
        for await (const message of client.runPhase(what, { signal: this.#abort.signal })) this.messages.push(message);
      } catch (error) {
        this.error = error;
      }
    })();
  }

  async leave(): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  get durable(): readonly RunPhaseResponse[] {
    return this.messages.filter((one) => one.seq > 0n);
  }
  get last(): Event | undefined {
    return this.durable.at(-1)?.event;
  }
  /** Inclusive step of the newest segment. */
  get step(): number {
    const steps = this.durable.flatMap(({ event }) => (event?.$case === 'segment' ? [Number(event.value.toStep)] : []));
    return steps.at(-1) ?? 0;
  }
  get checkpoint(): Artifact | undefined {
    return this.durable.flatMap(({ event }) => (event?.$case === 'segment' ? [event.value.checkpoint] : [])).at(-1);
  }
  failure(): { readonly code: string; readonly message: string; readonly details: Record<string, unknown> } {
    if (this.last?.$case !== 'failed') throw new Error(`the last event is ${this.last?.$case ?? 'none'}, not failed`);
    const { code, message, detailsJson } = this.last.value;
    return { code, message, details: JSON.parse(detailsJson) as Record<string, unknown> };
  }
}
