// A bench (workflows-bench.ts) on a database of its own: Postgres, Temporal and gRPC, brought up and torn down together.

import type { Store } from '../../services/store/index.ts';
import { openDatabases, type PostgresServer, startPostgres } from './postgres.ts';
import { openStoreFixture, type StoreFixture } from './store-fixture.ts';
import { type Bench, type BenchOptions, openBenchOn } from './workflows-bench.ts';

export interface StoreBench {
  readonly fixture: StoreFixture;
  readonly bench: Bench<Store>;
  readonly close: () => Promise<void>;
}

export async function openStoreBench(options: BenchOptions = {}): Promise<StoreBench> {
  return await openOn(await openDatabases(), options);
}

/** With a Postgres that the test may stop. */
export async function openOutageBench(): Promise<StoreBench & { readonly server: PostgresServer }> {
  const server = await startPostgres();
  return { server, ...(await openOn(server, {})) };
}

async function openOn(
  databases: Awaited<ReturnType<typeof openDatabases>>,
  options: BenchOptions,
): Promise<StoreBench> {
  const fixture = await openStoreFixture(databases);
  const bench = await openBenchOn(fixture.store, options);
  return {
    fixture,
    bench,
    close: async () => {
      await bench.close();
      await fixture.close();
      await databases.close();
    },
  };
}
