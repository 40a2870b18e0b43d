// Everything a node is started with, typed; the main of the stack fills it from the configuration. All durations in milliseconds.

import type { Logger } from 'pino';
import type { ArtifactStore } from '../artifacts/index.ts';
import type { RpcOptions } from '../rpc/index.ts';
import type { SlotDevice } from './trainer.ts';

export interface SlotOptions {
  readonly device: SlotDevice;
  /** Threads an attempt may use. */
  readonly threads: number;
  /** Memory for one attempt, bytes: of the device, or a share of main memory on cpu. */
  readonly memoryBytes: number;
  /** Added to the environment of the slot's trainer, such as CUDA_VISIBLE_DEVICES. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface WorkerTimes {
  /** A trainer without a new step for so long is ended as STALLED; a phase whose own steps are slow gets ten times its slowest. */
  readonly stallMs: number;
  /** As long as no step has been measured: the first one fetches weights and compiles graphs. */
  readonly firstStepMs: number;
  /** A starting trainer is given up after so long without work, or with so much CPU time (services/machine/start-watch.ts). */
  readonly trainerStartMs: number;
  /** How long a trainer may take to obey `stop now`, to exit, or to end by itself after its worker was killed; then SIGKILL. */
  readonly trainerGraceMs: number;
  /** Orderly stop: how long attempts have to write their checkpoint and orchestrators to record it. */
  readonly leaveMs: number;
}

export const DEFAULT_WORKER_TIMES: WorkerTimes = {
  stallMs: 60_000,
  firstStepMs: 10 * 60_000,
  trainerStartMs: 10 * 60_000,
  trainerGraceMs: 5_000,
  leaveMs: 10_000,
};

/** Checkpoints kept on local disk for the next attempt. */
export const DEFAULT_CACHE_BYTES = 20 * 2 ** 30;

export interface WorkerOptions {
  /** Folder of this node: its name, spool, cache and work files. One worker at a time; keep it between starts. */
  readonly stateDir: string;
  /** Unique in the fleet. null = made at the first start from the host's name, then kept in `stateDir`. */
  readonly nodeId: string | null;
  /** host:port to listen on; port 0 takes a free one. */
  readonly listen: string;
  /** host:port under which orchestrators reach this node; null = the one listened on. */
  readonly advertise: string | null;
  /** host:port of every orchestrator's registry. All are told: the one that owns the node follows its attempts, the others stand by. */
  readonly registries: readonly string[];
  readonly slots: readonly SlotOptions[];
  /**
   * Attempts that wait on the node for the next free slot, all slots being alike. With short trials they keep the slots busy while an orchestrator
   * restarts; with long ones they would wait here although another node has a free slot: then 0.
   */
  readonly waitingPlaces: number;
  /**
   * Module that a trainer process runs: `trainerEntry` of services/trainer, or `simulateEntry`; `trainerExecArgv` goes with it. null: phases are
   * simulated inside this process, where a test needs a thousand slots.
   */
  readonly trainerEntry: string | null;
  readonly trainerExecArgv: readonly string[];
  readonly artifacts: ArtifactStore;
  readonly cacheBytes: number;
  readonly rpc: Pick<RpcOptions, 'tls' | 'secret' | 'insecure' | 'proxy'>;
  readonly times: WorkerTimes;
  readonly log: Logger;
}
