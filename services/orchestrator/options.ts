// Everything the orchestrator is started with, typed; main.ts fills it from the configuration. All durations in milliseconds.

import type { Logger } from 'pino';
import type { OrchestratorStore } from '../store/types.ts';
import type { CollectorNeeds } from './checkpoint-collector.ts';
import type { PlanSweep } from './planner.ts';
import type { ConnectWorker, ServeRegistry } from './transport.ts';

/** How Temporal is reached; without `tls` in plain text. */
export interface TemporalOptions {
  /** host:port of the frontend. */
  readonly address: string;
  readonly namespace: string;
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
  /** host:port of an HTTP CONNECT proxy for a frontend beyond this machine. Default: none. */
  readonly proxy?: string | null | undefined;
}

/** Intervals of the node gateway; the defaults are for real fleets, tests shorten them. */
export interface FleetTimes {
  /** A node without renewal for so long is lost: its phases run elsewhere. */
  readonly nodeTimeoutMs: number;
  /** Attempts stop by themselves when no orchestrator renewed for so long; long, so that an outage costs no work. */
  readonly attemptLeaseMs: number;
  /** Another replica may take a node over when its owner has not renewed in Postgres for so long. */
  readonly ownershipLeaseMs: number;
  /** An adopted attempt whose activity is closed is stopped when nobody asks for its phase for so long. */
  readonly unclaimedMs: number;
  /** Aim for the wall time of a segment (docs/design/architecture.md section 1: 5 to 30 s). */
  readonly segmentMs: number;
  /** Least wall time between two checkpoints; 0 = at every segment. */
  readonly checkpointMs: number;
  /** What the checkpoints of an attempt may write on average: a large model's come every few minutes. 0 = no bound. */
  readonly checkpointBytesPerSecond: number;
  /** A node in quarantine gets its first canary after so long; doubled by each failed one. */
  readonly quarantineMs: number;
  readonly maxQuarantineMs: number;
}

/**
 * For fleets on a local network: a node counts as lost after 15 s, an outage of the orchestrator costs no work for 15
 * minutes.
 */
export const DEFAULT_FLEET_TIMES: FleetTimes = {
  nodeTimeoutMs: 15_000,
  attemptLeaseMs: 15 * 60_000,
  ownershipLeaseMs: 12_000,
  unclaimedMs: 60_000,
  segmentMs: 5_000,
  checkpointMs: 0,
  checkpointBytesPerSecond: 20e6,
  quarantineMs: 60_000,
  maxQuarantineMs: 30 * 60_000,
};

/** One replica; several with the same `store` and `temporal` share the work. */
export interface OrchestratorOptions {
  readonly store: OrchestratorStore;
  readonly temporal: TemporalOptions;
  /** Unique for each start of the process. */
  readonly replicaId: string;
  /** host:port of the node registry; port 0 takes a free one. */
  readonly registryAddress: string;
  readonly planSweep: PlanSweep;
  readonly connectWorker: ConnectWorker;
  readonly serveRegistry: ServeRegistry;
  readonly times: FleetTimes;
  /** null or absent: nothing is collected. */
  readonly collection?: CollectorNeeds | null;
  readonly log: Logger;
}
