// The whole configuration as one zod schema: the same keys in lsweep.yaml and, as LSWEEP_*, in the environment. A url or address of
// null means "the one of the local stack". Defaults are for one machine; comments name the unit and where a figure comes from.

import { z } from 'zod';
import { isPostgresUrl } from './postgres-url.ts';

const durationMs = (defaultMs: number) => z.int().min(1).max(86_400_000).default(defaultMs);
const hostPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, 'host:port, for instance 10.0.0.5:7233; port 0 takes a free one')
  .refine((text) => Number(/\d+$/.exec(text)?.[0] ?? 0) <= 65_535, 'host:port with a port up to 65535');
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/\S+$/, 'a URL such as postgres://user:password@host:5432/database')
  .refine(
    isPostgresUrl,
    'a URL such as postgres://user:password@host:5432/database, with a port up to 65535 and every % of its own written as %25',
  );
const artifactsUrl = z
  .string()
  .regex(/^file:\/\/\/\S+$/, 'file:///absolute/folder, for several machines one that all of them share');

/** PEM files; relative paths count from the folder of the configuration. */
const tlsFiles = z
  .strictObject({
    ca: z.string().min(1),
    cert: z.string().min(1),
    key: z.string().min(1),
  })
  .readonly();

export const configSchema = z
  .strictObject({
    /** Where the local stack keeps everything; relative to the folder of the configuration. Default: defaultStateDir of services/program. */
    stateDir: z.string().min(1),
    postgres: z
      .strictObject({
        /** The owner of the schema `study` and of the base tables; migrations run with it. */
        url: postgresUrl.nullable().default(null),
        /** What reads, a login that can do nothing else; null = the role lsweep_reader with a password that is derived from that of postgres.url. */
        readerUrl: postgresUrl.nullable().default(null),
        /** Longest wait for the answer to a query of `lsweep sql`, `show`, `report` and the like. */
        readerTimeoutMs: durationMs(60_000),
        /** Most connections of one process. */
        poolSize: z.int().min(1).max(100).default(8),
      })
      .readonly()
      .prefault({}),
    temporal: z
      .strictObject({
        address: hostPort.nullable().default(null),
        namespace: z.string().min(1).default('default'),
        /** Server program of the local stack; null = PATH, then the project's cache. */
        binary: z.string().min(1).nullable().default(null),
        /**
         * SHA-256 in hex of the official release's archive for this platform, which you have checked; null = the pinned one, and where none is
         * pinned the release is not fetched.
         */
        releaseSha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/, '64 digits of 0 to 9 and a to f')
          .nullable()
          .default(null),
        tls: z
          .strictObject({
            ca: z.string().min(1).nullable().default(null),
            cert: z.string().min(1).nullable().default(null),
            key: z.string().min(1).nullable().default(null),
          })
          .readonly()
          .nullable()
          .default(null),
      })
      .readonly()
      .prefault({}),
    artifacts: z
      .strictObject({
        url: artifactsUrl.nullable().default(null),
        /** A file in the store that no row names is left alone for so long after it was put: its row may be on its way. */
        orphanGraceMs: durationMs(3_600_000),
      })
      .readonly()
      .prefault({}),
    orchestrator: z
      .strictObject({
        /** How many the local stack starts. */
        replicas: z.int().min(0).max(16).default(1),
        /** Where nodes register. */
        registryAddress: hostPort.default('127.0.0.1:0'),
        /** FleetTimes of services/orchestrator/options.ts, where each is explained. */
        nodeTimeoutMs: durationMs(15_000),
        attemptLeaseMs: durationMs(900_000),
        ownershipLeaseMs: durationMs(12_000),
        unclaimedMs: durationMs(60_000),
        segmentMs: durationMs(5_000),
        /** 0 = a checkpoint at the end of every segment. */
        checkpointMs: z.int().min(0).max(86_400_000).default(0),
        /** What checkpoints of an attempt may write on average: a small model one every segment, one of 4 GB every 3.5 min. 0 = no bound. */
        checkpointBytesPerSecond: z.int().min(0).max(1e12).default(20_000_000),
        quarantineMs: durationMs(60_000),
        maxQuarantineMs: durationMs(1_800_000),
      })
      .readonly()
      .prefault({}),
    worker: z
      .strictObject({
        /** How many gpu-workers the local stack starts. */
        count: z.int().min(0).max(16).default(1),
        /** Stable name of the node in Postgres; null = the host name. */
        nodeId: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash and underscore, at most 63')
          .nullable()
          .default(null),
        /**
         * `engine` trains. `simulate`: sleeping processes for phases of task `simulate`, for rehearsals and races; `simulate-inside`: the same inside
         * the worker's process, for a thousand slots.
         */
        trainer: z.enum(['engine', 'simulate', 'simulate-inside']).default('engine'),
        /**
         * CUDA devices that phases train on, by the numbers that nvidia-smi gives them; null = CPU slots. Needs `npm run install:cuda`. Phases take them
         * as the sweep's `resources.device` says: cuda, or any.
         */
        gpus: z
          .array(z.int().min(0).max(63))
          .min(1)
          .refine((gpus) => new Set(gpus).size === gpus.length, 'each GPU once')
          .readonly()
          .nullable()
          .default(null),
        /** Attempts at a time; null = one per GPU or, without GPUs, per core. */
        slots: z.int().min(1).max(1024).nullable().default(null),
        /**
         * Attempts that wait on the node itself for its next free slot. For trials of seconds some per slot, so that no slot idles while an
         * orchestrator restarts; for long ones 0: they would wait here while another node is free.
         */
        waitingPlaces: z.int().min(0).max(4096).default(0),
        /** Of one trainer. Results are bit-identical only between equal counts. */
        threads: z.int().min(1).max(256).default(1),
        /** Where the node listens. */
        address: hostPort.default('127.0.0.1:0'),
        /** Under which orchestrators reach it; null = `address`. */
        advertise: hostPort.nullable().default(null),
        /** Registries to join; null = the orchestrators of the local stack. */
        registries: z.array(hostPort).min(1).readonly().nullable().default(null),
        /** A trainer without a new step for so long is ended; where steps are slow, after ten times the slowest. */
        stallMs: durationMs(60_000),
        /** The same while no step has been measured: the first one fetches weights and compiles graphs. */
        firstStepMs: durationMs(600_000),
        /**
         * A starting trainer is given up when it has done nothing for so long, or has computed for so long without being ready. One that works is
         * waited for, however long a full machine or a slow disk makes it take (a start computes for about 2 s).
         */
        trainerStartMs: durationMs(600_000),
        /** Memory of one attempt, bytes; null = an equal share of its GPU's or, without GPUs, of the machine's. */
        memoryBytes: z.int().min(1).nullable().default(null),
        /** Checkpoints kept on the node's disk for the next attempt, bytes; null = 20 GiB. */
        cacheBytes: z.int().min(0).nullable().default(null),
      })
      .readonly()
      .prefault({}),
    stack: z
      .strictObject({
        /** Of all of the local stack but Postgres, as `nice -n` counts: 5 leaves it a third of the share that others have; 0 = as others. */
        niceness: z.int().min(0).max(19).default(5),
        /** `lsweep up` gives up waiting when no service has changed its state for so long; the stack itself goes on. */
        startMs: durationMs(600_000),
      })
      .readonly()
      .prefault({}),
    /** Mutual TLS between orchestrator and nodes; null = plain text, on loopback addresses only. */
    tls: tlsFiles.nullable().default(null),
    /**
     * File with the secret that calls between orchestrators and nodes carry, the same on both sides, readable by its owner only; null = the one that
     * the local stack makes in its state folder, none with `tls`.
     */
    secretFile: z.string().min(1).nullable().default(null),
    /** Allows plain text between machines. For closed networks that somebody else protects. */
    insecure: z.boolean().default(false),
    /**
     * HTTP CONNECT proxy of the gRPC connections (Temporal, registries, nodes) to hosts beyond this machine; null = direct. They never follow
     * http_proxy and its like.
     */
    grpcProxy: hostPort.nullable().default(null),
    log: z
      .strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info') })
      .readonly()
      .prefault({}),
  })
  .readonly();

export type ConfigValues = z.infer<typeof configSchema>;
