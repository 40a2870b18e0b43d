// A bench (workflows-bench.ts) on the real store: Postgres, Temporal and gRPC, brought up and torn down together.

import type { Store } from '../../services/store/index.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { openStoreFixture, type StoreFixture } from './store-fixture.ts';
import { type Bench, openBenchOn } from './workflows-bench.ts';

export interface StoreBench {
  readonly server: PostgresServer;
  readonly fixture: StoreFixture;
  readonly bench: Bench<Store>;
  readonly close: () => Promise<void>;
}

export async function openStoreBench(): Promise<StoreBench> {
  const server = await startPostgres();
  const fixture = await openStoreFixture(server);
  const bench = await openBenchOn(fixture.store);
  return {
    server,
    fixture,
    bench,
    close: async () => {
      await bench.close();
      await fixture.close();
      await server.close();
    },
  };
}
