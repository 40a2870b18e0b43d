// Sweeps: their files, states and settings.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';
import { storableJson } from './storable-text.ts';
import type { SweepFileStore, SweepRow, SweepSettingsRow, SweepState, SweepSummaryCounts } from './types.ts';

const createSweep = statement('create-sweep');
const extendSweep = statement('extend-sweep');
const sweepByName = statement('sweep-by-name');
const sweepById = statement('sweep-by-id');
const lockSweep = statement('lock-sweep');
const setSweepState = statement('set-sweep-state');
const updateSweepSettings = statement('update-sweep-settings');
const sweepTrialKeys = statement('sweep-trial-keys');
const sweepCounts = statement('sweep-counts');

type Row = {
  readonly sweep_id: number;
  readonly name: string;
  readonly revision: number;
  readonly state: SweepState;
  readonly spec: unknown;
  readonly spec_hash: string;
  readonly cells: number;
  readonly priority: number;
  readonly weight: number;
  readonly width: number | null;
};

/** The part of the store about sweeps, each method described at `SweepFileStore` and `OrchestratorStore`. */
export interface Sweeps extends SweepFileStore {
  sweepById(sweepId: number): Promise<SweepRow | null>;
  setSweepState(sweepId: number, state: SweepState): Promise<void>;
  updateSweepSettings(sweepId: number, settings: SweepSettingsRow): Promise<void>;
  sweepTrialKeys(sweepId: number): Promise<ReadonlySet<string>>;
  sweepCounts(sweepId: number): Promise<SweepSummaryCounts>;
}

/** Creates and extends sweeps by their file, and keeps their state and settings. It never writes cells. */
export function sweeps(db: Database): Sweeps {
  const byName = async (name: string): Promise<(SweepRow & SweepSettingsRow) | null> => {
    const [row] = await db.query<Row>(sweepByName, [name]);
    return row === undefined ? null : fromRow(row);
  };
  const mustExist = async (name: string): Promise<SweepRow> => {
    const sweep = await byName(name);
    if (sweep === null) throw new LatentSweepError('NOT_FOUND', `no sweep is named ${name}`, { name });
    return sweep;
  };
  return {
    createSweep: async (file) => {
      const { name, spec, specHash, cells, priority, weight, width } = file;
      const values = [name, storableJson(spec), specHash, cells, priority, weight, width];
      const [made] = await db.query(createSweep, values);
      const sweep = await mustExist(name);
      if (made !== undefined) return { sweep, kind: 'created' };
      return { sweep, kind: sweep.specHash === specHash ? 'same' : 'different' };
    },
    extendSweep: async ({ name, spec, specHash, cells }, from) => {
      await db.query(extendSweep, [name, storableJson(spec), specHash, cells, from]);
      const sweep = await mustExist(name);
      return sweep.specHash === specHash ? sweep : null;
    },
    sweepByName: byName,
    sweepById: async (sweepId) => {
      const [row] = await db.query<Row>(sweepById, [sweepId]);
      return row === undefined ? null : fromRow(row);
    },
    setSweepState: async (sweepId, state) => {
      await db.transaction(async (tx) => {
        await tx.query(lockSweep, [sweepId]);
        await tx.query(setSweepState, [sweepId, state]);
      });
    },
    updateSweepSettings: async (sweepId, { priority, weight, width }) => {
      await db.query(updateSweepSettings, [sweepId, priority, weight, width]);
    },
    sweepTrialKeys: async (sweepId) => {
      const rows = await db.query<{ readonly trial_key: string }>(sweepTrialKeys, [sweepId]);
      return new Set(rows.map((row) => row.trial_key));
    },
    sweepCounts: async (sweepId) => {
      const [row] = await db.query<SweepSummaryCounts>(sweepCounts, [sweepId]);
      return row ?? { finished: 0, failed: 0, open: 0 };
    },
  };
}

function fromRow(row: Row): SweepRow & SweepSettingsRow {
  const { sweep_id, name, revision, state, spec, spec_hash, cells, priority, weight, width } = row;
  return { sweepId: sweep_id, name, revision, state, spec, specHash: spec_hash, cells, priority, weight, width };
}
