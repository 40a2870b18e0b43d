// Puts the store together. Nothing connects before the first call.

import { attempts } from './attempts.ts';
import { checkpoints } from './checkpoints.ts';
import { claims } from './claims.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { decisions } from './decisions.ts';
import { deletion } from './deletion.ts';
import { grid } from './grid.ts';
import { listenPhases } from './listen-phases.ts';
import { type MigrationReport, migrate } from './migrate.ts';
import { nodeHealthStore } from './node-health.ts';
import { nodes } from './nodes.ts';
import { placements } from './placements.ts';
import { segments } from './segments.ts';
import { sweeps } from './sweeps.ts';
import type { CheckpointCollection, OrchestratorStore, SweepDeletionStore, SweepFileStore } from './types.ts';

/** Everything that the orchestrator and the commands write and ask. */
export interface Store extends OrchestratorStore, SweepFileStore, SweepDeletionStore, CheckpointCollection {
  migrate(): Promise<MigrationReport>;
}

/** Connection to the writer's database; see `ConnectionOptions` and `DatabaseOptions` for the defaults. */
export type StoreOptions = DatabaseOptions;

/**
 * The store over one pool of connections, opened on first use; `close` it.
 * Its methods throw LatentSweepError STORE_UNREACHABLE when Postgres stays away, and what `types.ts` says of each.
 */
export function openStore(options: StoreOptions): Store {
  const db = new Database(options);
  const closing = new AbortController();
  return {
    migrate: () => migrate(options),
    ...sweeps(db),
    ...grid(db),
    ...claims(db),
    ...attempts(db),
    ...segments(db),
    ...nodes(db),
    ...nodeHealthStore(db),
    ...placements(db),
    ...decisions(db),
    ...deletion(db),
    ...checkpoints(db),
    listenPhases: (signal, onChange) => listenPhases(options, AbortSignal.any([signal, closing.signal]), onChange),
    close: async () => {
      closing.abort();
      await db.close();
    },
  };
}
