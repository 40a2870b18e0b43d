// Deletes a sweep that is closed: rows that only it has, then their files, then the sweep. Interrupted, the same call again goes on.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { DeletionPlan, SweepDeletionStore, SweepFileStore } from '../store/types.ts';
import type { SweepClient } from './client.ts';

/** The three places that a sweep is in: Temporal, Postgres, artifact store. */
export interface DeletionNeeds {
  readonly client: Pick<SweepClient, 'describe'>;
  readonly store: SweepDeletionStore & Pick<SweepFileStore, 'sweepByName'>;
  /** Of the artifact store; no error when the file is not there. */
  readonly removeFile: (uri: string) => Promise<void>;
}

/**
 * @param confirm asked with what goes, before anything does
 * @returns what went, or would have gone
 * @throws LatentSweepError NOT_FOUND; CONFLICT while it runs
 */
export async function deleteSweep(
  { client, store, removeFile }: DeletionNeeds,
  name: string,
  confirm: (plan: DeletionPlan) => Promise<boolean>,
): Promise<DeletionPlan & { readonly deleted: boolean }> {
  const { kind } = await client.describe(name);
  if (kind === 'running') {
    const sentence = `sweep ${name} runs or is paused; end it first: lsweep cancel ${name}`;
    throw new LatentSweepError('CONFLICT', sentence, { name });
  }
  const sweep = await store.sweepByName(name);
  if (sweep === null) throw new LatentSweepError('NOT_FOUND', `no sweep is named ${name}`, { name });
  const plan = await store.deletionPlan(sweep.sweepId);
  if (plan.openAttempts > 0) {
    const sentence = `${plan.openAttempts} attempts of sweep ${name} are still being stopped; delete it in a moment`;
    throw new LatentSweepError('CONFLICT', sentence, { name });
  }
  if (!(await confirm(plan))) return { ...plan, deleted: false };
  for (let cells = 1; cells > 0; ) cells = await store.deleteCells(sweep.sweepId);
  await store.removeGarbage(removeFile);
  await store.deleteSweep(sweep.sweepId);
  return { ...plan, deleted: true };
}
