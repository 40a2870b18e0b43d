// A node for tests: a real gRPC server with the rules of the worker service (idempotent by phase and attempt, spool until acknowledged,
// fencing), whose trainers are timers. The script says how a phase behaves; the orchestrator cannot tell it from a real node.

import type { RegistryServiceClient } from '../../services/gen/latentsweep/registry/v1/registry.ts';
import {
  type AttemptOverrides,
  type AttemptReport,
  type DeepPartial,
  type Node,
  RunPhaseResponse,
  type WorkerServiceImplementation,
} from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { type Connection, connectRegistry, type RpcServer, serveWorker } from '../../services/rpc/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { lossOf } from './scripted-loss.ts';
import { TEST_RPC } from './test-rpc.ts';

export { lossOf };

export interface PhaseScript {
  readonly steps: number;
  readonly stepMs: number;
  /** Fails at this step, on the first `failures` attempts. */
  readonly failAt?: {
    readonly step: number;
    readonly code: string;
    readonly failure: string;
    readonly failures: number;
  };
}

type Event = NonNullable<RunPhaseResponse['event']>;

interface Attempt {
  readonly key: string;
  readonly attempt: number;
  readonly slot: number;
  readonly from: number;
  readonly script: PhaseScript;
  readonly overrides: AttemptOverrides | undefined;
  step: number;
  running: boolean;
  acknowledged: bigint;
  readonly spool: { readonly seq: bigint; readonly event: Event }[];
  lastSeq: bigint;
  wake: Set<() => void>;
  timer: NodeJS.Timeout | null;
}

export interface ScriptedWorkerOptions {
  readonly nodeId: string;
  readonly slots: number;
  /** Every replica's registry. */
  readonly registries: readonly string[];
  /** By the `script` of the phase's config JSON. */
  readonly script: (configJson: string) => PhaseScript;
  /** Of each slot, bytes; default 0, not known. */
  readonly memoryBytes?: number;
  /** Longest wait between renewals, ms; default 200. */
  readonly renewMs?: number;
}

export class ScriptedWorker {
  readonly attempts = new Map<string, Attempt>();
  /** Steps done over all attempts: more than the sum of the phases means repeated work. */
  stepsDone = 0;
  started = 0;
  /** Every attempt that reaches its second step crashes, as on a machine with a broken device. */
  sick = false;
  readonly #options: ScriptedWorkerOptions;
  #server: RpcServer | null = null;
  #node: Node | null = null;
  readonly #registries: readonly Connection<RegistryServiceClient>[];
  #muted = false;

  constructor(options: ScriptedWorkerOptions) {
    this.#options = options;
    this.#registries = options.registries.map((address) => connectRegistry(address, TEST_RPC));
  }

  async start(): Promise<void> {
    this.#server = await serveWorker(this.#service, '127.0.0.1:0', TEST_RPC);
    this.#node = {
      nodeId: this.#options.nodeId,
      address: this.#server.address,
      incarnation: Math.random().toString(16).slice(2),
      slots: Array.from({ length: this.#options.slots }, (_, index) => ({
        index,
        device: 'cpu',
        memoryBytes: BigInt(this.#options.memoryBytes ?? 0),
        threads: 1,
      })),
      engineVersion: 'scripted',
      memoryBytes: 0n,
      instanceId: '',
    };
    for (const { client } of this.#registries) void this.#renewForEver(client);
  }

  /** Stops renewing and answering, as a machine without power; trainers are gone. */
  async die(): Promise<void> {
    this.#muted = true;
    for (const attempt of this.attempts.values()) if (attempt.timer !== null) clearTimeout(attempt.timer);
    for (const registry of this.#registries) registry.close();
    await this.#server?.stop();
  }

  async leave(): Promise<void> {
    if (this.#node === null || this.#muted) return;
    for (const { client } of this.#registries)
      await client.leaveNode({ nodeId: this.#node.nodeId, incarnation: this.#node.incarnation });
  }

  get nodeId(): string {
    return this.#options.nodeId;
  }

  running(): number {
    return [...this.attempts.values()].filter((one) => one.running).length;
  }

  async #renewForEver(registry: RegistryServiceClient): Promise<void> {
    let known = false;
    let renewMs = 100;
    while (!this.#muted && this.#node !== null) {
      try {
        const { nodeId, incarnation } = this.#node;
        if (!known) {
          const welcome = await registry.registerNode(
            { node: this.#node, attempts: this.#reports() },
            { signal: AbortSignal.timeout(3_000) },
          );
          renewMs = Math.min(Number(welcome.renewMs), this.#options.renewMs ?? 200);
          known = true;
        } else {
          known = (
            await registry.renewNode(
              { nodeId, incarnation, attempts: this.#reports() },
              { signal: AbortSignal.timeout(3_000) },
            )
          ).known;
        }
      } catch {
        known = false;
      }
      await new Promise<void>((resolve) => setTimeout(resolve, renewMs));
    }
  }

  #reports(): AttemptReport[] {
    return [...this.attempts.values()]
      .filter((one) => one.running || one.spool.length > 0)
      .map(({ key, attempt, slot, running, step, lastSeq }) => ({
        phaseKey: key,
        attempt,
        slot,
        running,
        step: BigInt(step),
        lastSeq,
      }));
  }

  readonly #service: WorkerServiceImplementation = {
    describeNode: async () => ({ node: this.#node ?? undefined, attempts: this.#reports() }),
    acknowledge: async ({ phaseKey, attempt, seq }) => {
      const known = this.attempts.get(phaseKey);
      if (known?.attempt === attempt) {
        known.acknowledged = seq;
        while ((known.spool[0]?.seq ?? seq + 1n) <= seq) known.spool.shift();
      }
      return {};
    },
    stopPhase: async ({ phaseKey, attempt }) => {
      const known = this.attempts.get(phaseKey);
      if (known?.attempt !== attempt || !known.running) return { wasRunning: false };
      // every step is a segment with a checkpoint: nothing is left to record
      this.#finish(known, { $case: 'stopped', value: { step: BigInt(known.step) } });
      return { wasRunning: true };
    },
    runPhase: (request, context) => this.#run(request.phaseKey, request.attempt, request, context.signal),
  };

  async *#run(
    key: string,
    number: number,
    request: {
      readonly slot: number;
      readonly configJson: string;
      readonly resume?: { readonly step: bigint } | undefined;
      readonly afterSeq: bigint;
      readonly overrides?: AttemptOverrides | undefined;
    },
    signal: AbortSignal,
  ): AsyncGenerator<DeepPartial<RunPhaseResponse>> {
    let attempt = this.attempts.get(key);
    if (attempt !== undefined && attempt.attempt > number)
      throw new LatentSweepError('FENCED', 'a newer attempt is known');
    if (attempt === undefined || attempt.attempt < number) {
      if (request.configJson === '') throw new LatentSweepError('NOT_FOUND', 'unknown attempt');
      if (attempt !== undefined) this.#finish(attempt, null);
      const from = Number(request.resume?.step ?? 0n);
      attempt = {
        key,
        attempt: number,
        slot: request.slot,
        from,
        script: this.#options.script(request.configJson),
        overrides: request.overrides,
        step: from,
        running: true,
        acknowledged: 0n,
        spool: [],
        lastSeq: 0n,
        wake: new Set(),
        timer: null,
      };
      this.attempts.set(key, attempt);
      this.started += 1;
      this.#tick(attempt);
    }
    const mine = attempt;
    const started = { step: BigInt(mine.from), totalSteps: BigInt(mine.script.steps), parameters: 1n };
    yield RunPhaseResponse.create({ event: { $case: 'started', value: started } });
    let after = request.afterSeq > mine.acknowledged ? request.afterSeq : mine.acknowledged;
    while (!signal.aborted) {
      const next = mine.spool.find((one) => one.seq > after);
      if (next === undefined) {
        if (!mine.running && mine.spool.every((one) => one.seq <= after)) return;
        await this.#woken(mine, signal);
        continue;
      }
      after = next.seq;
      yield RunPhaseResponse.create({ seq: next.seq, event: next.event });
    }
  }

  #woken(attempt: Attempt, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        attempt.wake.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      attempt.wake.add(done);
      signal.addEventListener('abort', done);
    });
  }

  #tick(attempt: Attempt): void {
    const { script } = attempt;
    attempt.timer = setTimeout(() => {
      if (!attempt.running || this.#muted) return;
      attempt.step += 1;
      this.stepsDone += 1;
      const bad = script.failAt;
      if (bad !== undefined && attempt.step === bad.step && attempt.attempt <= bad.failures) {
        const { code, failure } = bad;
        this.#finish(attempt, {
          $case: 'failed',
          value: { code, failure, message: `${code}: by script`, detailsJson: '{}' },
        });
        return;
      }
      if (this.sick && attempt.step >= 2) {
        const [code, failure] = ['TRAINER_CRASHED', 'worker_crash'];
        const message = `${code}: a sick node`;
        this.#finish(attempt, { $case: 'failed', value: { code, failure, message, detailsJson: '{}' } });
        return;
      }
      this.#segment(attempt);
      if (attempt.step >= script.steps)
        this.#finish(attempt, {
          $case: 'completed',
          value: {
            resultJson: JSON.stringify({
              weightsSha256: attempt.key,
              capacityFloatsPerLatent: null,
              evaluation: null,
              analyses: [],
            }),
          },
        });
      else this.#tick(attempt);
    }, script.stepMs);
  }

  /** One step is one segment with a checkpoint. */
  #segment(attempt: Attempt): void {
    const { key, step } = attempt;
    if (step === 0) return;
    this.#append(attempt, {
      $case: 'segment',
      value: {
        fromStep: BigInt(step - 1),
        toStep: BigInt(step),
        metrics: [{ name: 'loss_nats', steps: [BigInt(step)], values: [lossOf(key, step)] }],
        items: [],
        checkpoint: {
          uri: `scripted/${key}/${attempt.attempt}/${step}`,
          sha256: key.repeat(2),
          bytes: 1n,
          step: BigInt(step),
        },
        deviceSeconds: 0.001,
        tokens: 1n,
      },
    });
  }

  #append(attempt: Attempt, event: Event): void {
    attempt.lastSeq += 1n;
    attempt.spool.push({ seq: attempt.lastSeq, event });
    for (const wake of [...attempt.wake]) wake();
  }

  #finish(attempt: Attempt, event: Event | null): void {
    attempt.running = false;
    if (attempt.timer !== null) clearTimeout(attempt.timer);
    if (event === null) attempt.spool.length = 0;
    else this.#append(attempt, event);
    for (const wake of [...attempt.wake]) wake();
  }
}
