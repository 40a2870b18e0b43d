// What the node gateway needs of gRPC, as types: services/rpc implements it, tests may script it.

import type { RegistryServiceImplementation } from '../gen/latentsweep/registry/v1/registry.ts';
import type { WorkerServiceClient } from '../gen/latentsweep/worker/v1/worker.ts';

export interface WorkerConnection {
  /** Rejects with LatentSweepError; transport failures as NODE_LOST. */
  readonly client: WorkerServiceClient;
  close(): void;
}

/** @param address host:port of a node's WorkerService */
export type ConnectWorker = (address: string) => WorkerConnection;

export interface RegistryServer {
  /** host:port that is really listened on. */
  readonly address: string;
  /** Refuses new calls, ends running ones, closes. */
  stop(): Promise<void>;
}

export type ServeRegistry = (implementation: RegistryServiceImplementation, address: string) => Promise<RegistryServer>;
