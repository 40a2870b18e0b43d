// A migrated store on a database of its own, with short ways to plan scripted sweeps and to look at tables.

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { openStore, type Store, type StoreOptions } from '../../services/store/index.ts';
import type { AttemptPlace, ClaimOwner, SegmentCommit, SweepRow } from '../../services/store/types.ts';
import type { Databases } from './databases.ts';
import { keyOf, planScripted, type ScriptedSpec } from './scripted-sweep.ts';

export interface StoreFixture {
  readonly url: string;
  readonly store: Store;
  /** Rows of a query, as the superuser. */
  rows<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Creates the sweep and plans all its cells; its phases are named `${prefix}${name}`. */
  plan(name: string, spec: ScriptedSpec): Promise<SweepRow>;
  close(): Promise<void>;
}

export async function openStoreFixture(
  databases: Databases,
  options: Partial<StoreOptions> = {},
): Promise<StoreFixture> {
  const url = await databases.migratedDatabase();
  const store = openStore({ url, ...options });
  for (const nodeId of ['node-a', 'node-b']) {
    await store.upsertNode(nodeRow(nodeId), { id: null, leaseMs: 1_000, mayReplace: true });
  }
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined);
  return {
    url,
    store,
    rows: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(sql, [...values])).rows,
    plan: async (name, spec) => {
      const { sweep } = await store.createSweep(sweepFile(name, spec));
      await planAll(store, sweep.sweepId, spec);
      await store.setSweepState(sweep.sweepId, 'running');
      return sweep;
    },
    close: async () => {
      await pool.end();
      await store.close();
    },
  };
}

export async function planAll(store: Store, sweepId: number, spec: ScriptedSpec): Promise<void> {
  const plan = planScripted(spec);
  await store.planCells(
    sweepId,
    Array.from({ length: plan.size }, (_, i) => plan.cell(i)),
  );
}

export function sweepFile(name: string, spec: ScriptedSpec): Parameters<Store['createSweep']>[0] {
  const specHash = JSON.stringify(spec);
  return { name, spec, specHash, cells: spec.trials.length, priority: 3, weight: 1, width: null };
}

const nodeRow = (nodeId: string): Parameters<Store['upsertNode']>[0] => ({
  nodeId,
  address: '127.0.0.1:1',
  incarnation: randomUUID(),
  slots: 4,
  engineVersion: 'scripted',
  memoryBytes: 8 * 2 ** 30,
  places: [0, 1, 2, 3].map((slot) => ({ slot, device: 'cpu', memoryBytes: 0 })),
});

export const owner = (name: string): ClaimOwner => ({ workflowId: `batch/${name}/0-1`, runId: `run-of-${name}` });

export const placeOn = (nodeId: string): AttemptPlace => ({
  nodeId,
  slot: 0,
  device: 'cpu',
  ...owner('test'),
  activityId: '7',
});

/** Claims the phase of that name and opens an attempt. */
export async function begin(
  store: Store,
  name: string,
  nodeId = 'node-a',
): Promise<Awaited<ReturnType<Store['openAttempt']>>> {
  const claim = await store.claimPhase(keyOf(name), owner('test'));
  if (claim.kind !== 'run') throw new Error(`claim of ${name} answered ${claim.kind}`);
  return await store.openAttempt(keyOf(name), claim.fence, placeOn(nodeId), `on ${nodeId}`);
}

export interface SegmentShape {
  readonly phaseId: number;
  readonly attempt: number;
  readonly seq: number;
  readonly from: number;
  readonly to: number;
  readonly checkpoint?: boolean;
  readonly items?: boolean;
}

/** Loss and gradient norm of every step, as a pure function of it. */
export function segment({ phaseId, attempt, seq, from, to, checkpoint, items }: SegmentShape): SegmentCommit {
  const steps = Array.from({ length: to - from }, (_, i) => from + i + 1);
  return {
    phaseId,
    attempt,
    seq: BigInt(seq),
    fromStep: from,
    toStep: to,
    metrics: [
      { name: 'loss_nats', steps, values: steps.map((step) => 1 / step) },
      { name: 'gradient_norm', steps, values: steps.map((step) => Math.sqrt(step)) },
    ],
    items:
      items === true
        ? steps.map((step) => ({
            item: step,
            prediction: `answer ${step}`,
            gold: `answer ${step - (step % 2)}`,
            correct: step % 2 === 0,
            tokens: step,
            seconds: 0.5,
          }))
        : [],
    checkpoint:
      checkpoint === true
        ? { uri: `c/${phaseId}/${to}`, sha256: keyOf(`${phaseId}/${to}`), bytes: 2 ** 33, step: to }
        : null,
    deviceSeconds: to - from,
    mfu: null,
    tokens: 100 * (to - from),
  };
}
