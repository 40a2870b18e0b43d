// What the node gateway needs of gRPC, as types: services/rpc implements it, tests may script it.

import type { RegistryServiceImplementation } from '../gen/latentsweep/registry/v1/registry.ts';
import type { WorkerServiceClient } from '../gen/latentsweep/worker/v1/worker.ts';

/** A client of one node's WorkerService; connects with the first call. */
export interface WorkerConnection {
  /** Rejects with LatentSweepError; transport failures as NODE_LOST. */
  readonly client: WorkerServiceClient;
  close(): void;
}

/** @param address host:port of a node's WorkerService */
export type ConnectWorker = (address: string) => WorkerConnection;

/** The node registry while it listens. */
export interface RegistryServer {
  /** host:port that is really listened on. */
  readonly address: string;
  /** Refuses new calls, ends running ones, closes. */
  stop(): Promise<void>;
}

/**
 * Listens on `address` (host:port, port 0 = any free one). @throws LatentSweepError CONFIG_INVALID when it cannot be
 * had
 */
export type ServeRegistry = (implementation: RegistryServiceImplementation, address: string) => Promise<RegistryServer>;
