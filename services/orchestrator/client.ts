// Commands on sweeps, for the command line. Writes the sweep file to Postgres, then talks to the sweep's workflow;
// a closed sweep is started again by the command itself. No type of Temporal leaves this file.

import { randomUUID } from 'node:crypto';
import {
  Client,
  Connection,
  WithStartWorkflowOperation,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import {
  checkSettings,
  QUEUES,
  STATUS_QUERY,
  type SweepInput,
  type SweepSettings,
  type SweepStatus,
  UPDATES,
  WORKFLOW_TASK_TIMEOUT_MS,
} from '../../workflows/contract.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { sweepWorkflowId } from '../../workflows/domain/workflow-ids.ts';
import type { NewSweep, SweepFileStore, SweepRow } from '../store/types.ts';
import { compareSweeps, type SweepComparison } from '../study/plan/index.ts';
import type { TemporalOptions } from './options.ts';
import { patiently } from './patience.ts';
import { clientConnection } from './temporal-connection.ts';
import { asTemporalError } from './temporal-errors.ts';

/** What Temporal knows of a sweep; `never_started` also when its history is past retention. */
export type SweepDescription =
  | { readonly kind: 'running'; readonly status: SweepStatus }
  | { readonly kind: 'closed'; readonly how: 'completed' | 'cancelled' | 'failed'; readonly reason: string | null }
  | { readonly kind: 'never_started' };

/**
 * Commands on sweeps by name. Each is repeated while the trouble may pass and counts once.
 * Methods throw LatentSweepError TEMPORAL_UNREACHABLE, STORE_UNREACHABLE, NOT_FOUND for an unknown name, and CONFLICT
 * where the sweep is closed.
 */
export interface SweepClient {
  /** A file that means the same is the same. @throws LatentSweepError CONFLICT when the name has a file that means something else */
  startSweep(file: NewSweep): Promise<'started' | 'already_known'>;
  /** Only the new cells run. @throws LatentSweepError NOT_FOUND without such a sweep, CONFLICT when cells that it has are not in the file */
  extend(file: NewSweep): Promise<{ readonly revision: number }>;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** Running attempts stop with a checkpoint. A closed sweep stays as it is. */
  cancel(name: string): Promise<void>;
  /** @returns how many trials run again */
  retryFailed(name: string): Promise<number>;
  /** Values that are not given stay as they are. */
  set(name: string, changes: Partial<SweepSettings>): Promise<SweepSettings>;
  describe(name: string): Promise<SweepDescription>;
  close(): Promise<void>;
}

/** Where Temporal and the sweep files are, and with what new sweeps are started. */
export interface SweepClientOptions {
  readonly temporal: TemporalOptions;
  readonly store: SweepFileStore;
  /** Most cells of a batch; default 250. */
  readonly batchSize?: number;
  /** Of running phases, ms; default 10,000: so long a phase is lost that a killed orchestrator had just been given. */
  readonly heartbeatTimeoutMs?: number;
  /** Default: `compareSweeps` of workflows/domain. */
  readonly compare?: (first: unknown, second: unknown) => SweepComparison;
}

type SweepWorkflow = (input: SweepInput) => Promise<unknown>;
/** One argument, null where the command takes none. */
type Args = [SweepSettings | null];

const DEFAULT_BATCH = 250;
const DEFAULT_HEARTBEAT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;

/** @throws LatentSweepError TEMPORAL_UNREACHABLE */
export async function connectSweepClient(options: SweepClientOptions): Promise<SweepClient> {
  const { store, temporal, compare = compareSweeps } = options;
  const batchSize = options.batchSize ?? DEFAULT_BATCH;
  const heartbeatTimeoutMs = options.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_MS;
  const connection = await reach(temporal, () =>
    Connection.connect({ ...clientConnection(temporal), connectTimeout: CONNECT_TIMEOUT_MS }),
  );
  const client = new Client({ connection, namespace: temporal.namespace });

  /** Bounded: without a running orchestrator an update would wait for ever. Repeated with patience while the trouble may pass. */
  const bounded = <T>(call: () => Promise<T>): Promise<T> =>
    reach(temporal, () => patiently(() => connection.withDeadline(Date.now() + ANSWER_TIMEOUT_MS, call)));

  const known = async (name: string): Promise<SweepRow & SweepSettings> => {
    const row = await store.sweepByName(name);
    if (row === null) throw new LatentSweepError('NOT_FOUND', `no sweep is named ${name}`, { name });
    return row;
  };
  const startOperation = (row: SweepRow, settings: SweepSettings): WithStartWorkflowOperation<SweepWorkflow> =>
    new WithStartWorkflowOperation('sweep', {
      workflowId: sweepWorkflowId(row.name),
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      taskQueue: QUEUES.orchestrator,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      args: [
        {
          sweep: row.name,
          sweepId: row.sweepId,
          settings: pickSettings(settings),
          batchSize,
          heartbeatTimeoutMs,
          paused: false,
        },
      ],
      staticSummary: `sweep ${row.name}`,
    });
  /** Sends an update; a sweep that is closed is opened again by it. A repeated one has the id of the first, so it counts once. */
  const updateWithStart = <R>(row: SweepRow, settings: SweepSettings, command: string, args: unknown[]): Promise<R> => {
    const updateId = randomUUID();
    return bounded(() =>
      client.workflow.executeUpdateWithStart<SweepWorkflow, R, unknown[]>(command, {
        args,
        updateId,
        startWorkflowOperation: startOperation(row, settings),
      }),
    );
  };
  const update = async (name: string, command: string, ...args: Args): Promise<'done' | 'closed'> => {
    await known(name);
    const updateId = randomUUID();
    try {
      await bounded(() =>
        client.workflow.getHandle(sweepWorkflowId(name)).executeUpdate<unknown, Args>(command, { args, updateId }),
      );
      return 'done';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'closed';
      throw error;
    }
  };
  const mustRun = (result: 'done' | 'closed', name: string, command: string): void => {
    if (result === 'closed')
      throw new LatentSweepError('CONFLICT', `sweep ${name} is closed; nothing to ${command}`, { name });
  };

  return {
    startSweep: async (file) => {
      checkSettings(file);
      const { kind, sweep } = await store.createSweep(file);
      if (kind === 'different') refuseOther(file.name, compare(sweep.spec, file.spec));
      const settings = (await store.sweepByName(file.name)) ?? file;
      await updateWithStart<void>(sweep, settings, UPDATES.start, []);
      return kind === 'created' ? 'started' : 'already_known';
    },
    extend: async (file) => {
      for (;;) {
        const before = await known(file.name);
        refuseLosses(file.name, compare(before.spec, file.spec));
        // null: another extension was faster, and its cells may not be lost either
        const after = await store.extendSweep(file, before.revision);
        if (after === null) continue;
        await updateWithStart<void>(after, before, UPDATES.extend, [after.revision]);
        return { revision: after.revision };
      }
    },
    pause: async (name) => mustRun(await update(name, UPDATES.pause, null), name, 'pause'),
    resume: async (name) => mustRun(await update(name, UPDATES.resume, null), name, 'resume'),
    cancel: async (name) => {
      await update(name, UPDATES.cancel, null);
    },
    retryFailed: async (name) => {
      const row = await known(name);
      return await updateWithStart<number>(row, row, UPDATES.retryFailed, []);
    },
    set: async (name, changes) => {
      const settings = { ...pickSettings(await known(name)), ...changes };
      checkSettings(settings);
      mustRun(await update(name, UPDATES.set, settings), name, 'set');
      return settings;
    },
    describe: async (name) => {
      const handle = client.workflow.getHandle(sweepWorkflowId(name));
      try {
        const { status } = await bounded(() => handle.describe());
        if (status.name === 'RUNNING') {
          return { kind: 'running', status: await bounded(() => handle.query<SweepStatus>(STATUS_QUERY)) };
        }
        if (status.name === 'COMPLETED') return { kind: 'closed', how: 'completed', reason: null };
        if (status.name === 'CANCELLED') return { kind: 'closed', how: 'cancelled', reason: null };
        return { kind: 'closed', how: 'failed', reason: await failureReason(() => handle.result()) };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { kind: 'never_started' };
        throw error;
      }
    },
    close: () => connection.close(),
  };
}

/** @throws LatentSweepError CONFLICT */
function refuseLosses(name: string, { lost }: SweepComparison): void {
  if (lost.length === 0) return;
  const sentence = `cells of sweep ${name} would change their meaning or go: ${lost.join('; ')}. A sweep keeps its cells: start this file under another name`;
  throw new LatentSweepError('CONFLICT', sentence, { name, lost: lost.join('; ') });
}

/** @throws LatentSweepError CONFLICT unless the two mean the same */
function refuseOther(name: string, comparison: SweepComparison): void {
  refuseLosses(name, comparison);
  const { isWider, otherKeys } = comparison;
  if (!isWider && otherKeys.length === 0) return;
  const how = isWider ? 'this file has more cells than' : `this file has other ${otherKeys.join(', ')} than`;
  throw new LatentSweepError(
    'CONFLICT',
    `${how} sweep ${name}; give it to the sweep with lsweep extend, or use another name`,
    {
      name,
    },
  );
}

function pickSettings({ priority, weight, width }: SweepSettings): SweepSettings {
  return { priority, weight, width };
}

/** The innermost cause: those around it say only that an activity, or a workflow, failed. */
async function failureReason(result: () => Promise<unknown>): Promise<string> {
  try {
    await result();
    return 'closed while it was asked';
  } catch (error) {
    let cause = error;
    while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Turns what Temporal throws into the project's errors; a workflow that is not there is the caller's to judge. */
async function reach<T>(temporal: TemporalOptions, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    throw asTemporalError(error, temporal.address) ?? error;
  }
}
