// The whole configuration as one zod schema: the same keys in lsweep.yaml and, as LSWEEP_*, in the environment. A url or address of
// null means "the one of the local stack". Defaults are for one machine. Descriptions are what `lsweep config KEY` and docs/configuration.md
// say; the first sentence stands alone.

import { z } from 'zod';
import { artifactsUrl, duration, hostPort, loopbackHostPort, nodeName, path, postgresUrl, sha256 } from './forms.ts';

const postgres = z
  .strictObject({
    url: postgresUrl
      .nullable()
      .default(null)
      .meta({
        description:
          'The login that owns the schema `study` and the base tables, with which migrations run. null: the local stack runs Postgres.',
        examples: ['postgres://owner:password@db.example.org:5432/latentsweep'],
      }),
    readerUrl: postgresUrl
      .nullable()
      .default(null)
      .meta({
        description:
          'The login that reads results, which must be able to do nothing else. null: the role `lsweep_reader` with a password derived from that of `postgres.url`.',
        examples: ['postgres://reader:password@db.example.org:5432/latentsweep'],
      }),
    readerTimeoutMs: duration(
      60_000,
      'Longest wait for the answer to a query of `lsweep sql`, `show`, `report` and the like.',
    ),
    poolSize: z.int().min(1).max(100).default(8).meta({
      description: 'Most connections of one process to Postgres.',
      unit: 'connections',
    }),
  })
  .readonly()
  .prefault({})
  .meta({ description: 'Where results lie.' });

const optionalPath = path.nullable().default(null);

const temporalTls = z
  .strictObject({
    ca: optionalPath.meta({
      description: 'PEM file of the authority that signed the server’s certificate. null: the system’s authorities.',
      examples: ['tls/temporal-ca.pem'],
    }),
    cert: optionalPath.meta({
      description: 'PEM file of the client’s certificate, for mutual TLS. null: none is shown.',
      examples: ['tls/temporal-client.pem'],
    }),
    key: optionalPath.meta({
      description: 'PEM file of the private key of `temporal.tls.cert`.',
      examples: ['tls/temporal-client.key'],
    }),
  })
  .readonly()
  .nullable()
  .default(null)
  .meta({ description: 'TLS to the Temporal server. null: plain text.' });

const temporal = z
  .strictObject({
    address: hostPort
      .nullable()
      .default(null)
      .meta({
        description: 'The Temporal server’s frontend. null: the local stack runs a development server.',
        examples: ['temporal.example.org:7233'],
      }),
    namespace: z
      .string()
      .min(1)
      .default('default')
      .meta({
        description: 'The namespace that sweeps run in. On a server of your own it must exist.',
        examples: ['latent-sweep'],
      }),
    binary: optionalPath.meta({
      description:
        'Server program that the local stack runs. null: `temporal` from PATH, else the one that installation fetched.',
      examples: ['/usr/local/bin/temporal'],
    }),
    releaseSha256: sha256
      .nullable()
      .default(null)
      .meta({
        description:
          'SHA-256 of the official release’s archive for this platform, which you have checked. null: the pinned one; where none is pinned, the release is not fetched.',
        examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
      }),
    tls: temporalTls,
  })
  .readonly()
  .prefault({})
  .meta({ description: 'What drives the sweeps.' });

const artifacts = z
  .strictObject({
    url: artifactsUrl
      .nullable()
      .default(null)
      .meta({
        description:
          'The folder of checkpoints and weights, which every machine must see at the same path. null: `artifacts` in the state folder.',
        examples: ['file:///shared/artifacts'],
      }),
    orphanGraceMs: duration(
      3_600_000,
      'How long a file in the store that no row names is left alone after it was put: its row may be on its way.',
    ),
  })
  .readonly()
  .prefault({})
  .meta({ description: 'Where checkpoints and weights lie.' });

const orchestrator = z
  .strictObject({
    replicas: z.int().min(0).max(16).default(1).meta({
      description: 'Orchestrators that the local stack starts. They share the work; one may die.',
      unit: 'processes',
    }),
    registryAddress: hostPort.default('127.0.0.1:0').meta({
      description: 'Where nodes register. Beyond loopback it needs `tls`.',
      examples: ['orchestrator-host:7400'],
    }),
    nodeTimeoutMs: duration(15_000, 'A node without renewal for so long is lost: its phases run elsewhere.'),
    attemptLeaseMs: duration(
      900_000,
      'Attempts stop by themselves when no orchestrator renewed them for so long. Long, so that an outage costs no work.',
    ),
    ownershipLeaseMs: duration(
      12_000,
      'Another replica may take a node over when its owner has not renewed in Postgres for so long.',
    ),
    unclaimedMs: duration(
      60_000,
      'An adopted attempt is stopped when its activity is closed and nobody asks for its phase for so long.',
    ),
    segmentMs: duration(5_000, 'Aim for the time between two commits of an attempt’s results: a segment.'),
    checkpointMs: duration(
      0,
      'Least time between two checkpoints of an attempt. 0: one at the end of every segment.',
      0,
    ),
    checkpointBytesPerSecond: z.int().min(0).max(1e12).default(20_000_000).meta({
      description:
        'What the checkpoints of an attempt may write on average: a small model’s come with every segment, one of 4 GB every 3.5 minutes. 0: no bound.',
      unit: 'bytes per second',
    }),
    quarantineMs: duration(
      60_000,
      'A node on which attempts fail that succeed elsewhere gets its first trial attempt after so long; each one that fails doubles it.',
    ),
    maxQuarantineMs: duration(1_800_000, 'Most that a quarantine is doubled to.'),
  })
  .readonly()
  .prefault({})
  .meta({ description: 'What plans, drives and records.' });

const worker = z
  .strictObject({
    count: z.int().min(0).max(16).default(1).meta({
      description: 'How many gpu-workers the local stack starts.',
      unit: 'processes',
    }),
    nodeId: nodeName
      .nullable()
      .default(null)
      .meta({
        description: 'Name of the node in results; it belongs to one state folder. null: the host’s name.',
        examples: ['gpu-node-3'],
      }),
    trainer: z.enum(['engine', 'simulate', 'simulate-inside']).default('engine').meta({
      description:
        'What runs attempts. `engine` trains. `simulate`: sleeping processes for phases of task `simulate`, for rehearsals and races; `simulate-inside`: the same inside the worker’s process, for a thousand slots.',
    }),
    gpus: z
      .array(z.int().min(0).max(63))
      .min(1)
      .refine((gpus) => new Set(gpus).size === gpus.length, 'each GPU once')
      .readonly()
      .nullable()
      .default(null)
      .meta({
        description:
          'CUDA devices that phases train on, by the numbers that nvidia-smi gives them. null: slots on the CPU. Needs `npm run install:cuda`; phases take them as the sweep’s `resources.device` says: cuda, or any.',
        examples: [[0, 1]],
      }),
    slots: z
      .int()
      .min(1)
      .max(1024)
      .nullable()
      .default(null)
      .meta({
        description: 'Attempts at a time. null: one for each GPU or, without GPUs, for each core.',
        unit: 'attempts',
        examples: [4],
      }),
    waitingPlaces: z.int().min(0).max(4096).default(0).meta({
      description:
        'Attempts that wait on the node itself for its next free slot. For trials of seconds some for each slot, so that no slot idles while an orchestrator restarts; for long ones 0, because they would wait here while another node is free.',
      unit: 'attempts',
    }),
    threads: z.int().min(1).max(256).default(1).meta({
      description: 'Threads of one trainer. Results are bit-identical only between equal counts.',
      unit: 'threads',
    }),
    address: hostPort.default('127.0.0.1:0').meta({
      description: 'Where the node listens. Beyond loopback it needs `tls`.',
      examples: ['node-host:7401'],
    }),
    advertise: hostPort
      .nullable()
      .default(null)
      .meta({
        description: 'Address under which orchestrators reach the node. null: `worker.address`.',
        examples: ['203.0.113.7:7401'],
      }),
    registries: z
      .array(hostPort)
      .min(1)
      .readonly()
      .nullable()
      .default(null)
      .meta({
        description: 'Registries of the orchestrators to join. null: those of the local stack.',
        examples: [['orchestrator-host:7400']],
      }),
    stallMs: duration(
      60_000,
      'A trainer without a new step for so long is ended; where steps are slow, after ten times the slowest.',
    ),
    firstStepMs: duration(
      600_000,
      'The same while no step has been measured: the first one fetches weights and compiles graphs.',
    ),
    trainerStartMs: duration(
      600_000,
      'A starting trainer is given up when it has done nothing for so long, or has computed for so long without being ready. One that works is waited for, however long a full machine or a slow disk makes it take (a start computes for about 2 s).',
    ),
    memoryBytes: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .meta({
        description: 'Memory of one attempt. null: an equal share of its GPU’s or, without GPUs, of the machine’s.',
        unit: 'bytes',
        examples: [8_589_934_592],
      }),
    cacheBytes: z
      .int()
      .min(0)
      .nullable()
      .default(null)
      .meta({
        description: 'Checkpoints that the node keeps on its disk for the next attempt. null: 20 GiB.',
        unit: 'bytes',
        examples: [107_374_182_400],
      }),
  })
  .readonly()
  .prefault({})
  .meta({ description: 'What runs attempts on a machine.' });

const dashboard = z
  .strictObject({
    enabled: z.boolean().default(true).meta({
      description:
        'Whether `lsweep up` starts the dashboard. It goes with the orchestrators: a machine without one has none.',
    }),
    address: loopbackHostPort.default('127.0.0.1:0').meta({
      description:
        'Where the dashboard serves its pages, on this machine alone. From another one: `ssh -L PORT:127.0.0.1:PORT HOST`.',
      examples: ['127.0.0.1:8420'],
    }),
  })
  .readonly()
  .prefault({})
  .meta({ description: 'The pages that `lsweep open` leads to.' });

const stack = z
  .strictObject({
    niceness: z.int().min(0).max(19).default(5).meta({
      description:
        'Priority of all of the local stack but Postgres, as `nice -n` counts: 5 leaves it a third of the share that others have. 0: as others.',
    }),
    startMs: duration(
      600_000,
      '`lsweep up` gives up waiting when no service has changed its state for so long; the stack itself goes on.',
    ),
  })
  .readonly()
  .prefault({})
  .meta({ description: 'The processes that `lsweep up` keeps running on this machine.' });

const tls = z
  .strictObject({
    ca: path.meta({
      description: 'PEM file of the authority that signed the certificates of all nodes and orchestrators.',
      examples: ['tls/ca.pem'],
    }),
    cert: path.meta({
      description: 'PEM file of this machine’s certificate, for the host name that the others use.',
      examples: ['tls/node-host.pem'],
    }),
    key: path.meta({ description: 'PEM file of the private key of `tls.cert`.', examples: ['tls/node-host.key'] }),
  })
  .readonly()
  .nullable()
  .default(null)
  .meta({
    description: 'Mutual TLS between orchestrators and nodes. null: plain text, on loopback addresses only.',
  });

export const configSchema = z
  .strictObject({
    stateDir: path.meta({
      description:
        'Where the local stack keeps everything. Default: `.lsweep` of the working folder; an installed package, where there is none, takes `latent-sweep` in $XDG_STATE_HOME (~/.local/state).',
      examples: ['/scratch/lsweep'],
    }),
    postgres,
    temporal,
    artifacts,
    orchestrator,
    worker,
    dashboard,
    stack,
    tls,
    secretFile: optionalPath.meta({
      description:
        'File with the secret that calls between orchestrators and nodes carry, the same on both sides, readable by its owner only. null: the one that the local stack makes in its state folder; none with `tls`.',
      examples: ['.lsweep/secret'],
    }),
    insecure: z.boolean().default(false).meta({
      description: 'Allows plain text between machines. For closed networks that somebody else protects.',
    }),
    grpcProxy: hostPort
      .nullable()
      .default(null)
      .meta({
        description:
          'HTTP CONNECT proxy of the gRPC connections (Temporal, registries, nodes) to hosts beyond this machine. null: direct; they never follow http_proxy and its like.',
        examples: ['proxy.example.org:3128'],
      }),
    log: z
      .strictObject({
        level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info').meta({
          description: 'Least severity that the processes log.',
        }),
      })
      .readonly()
      .prefault({})
      .meta({ description: 'What the processes write to their logs.' }),
  })
  .readonly();

export type ConfigValues = z.infer<typeof configSchema>;
