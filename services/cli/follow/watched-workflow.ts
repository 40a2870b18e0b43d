// `describe` for a follower: connects when first asked and again after a failure, so that a Temporal that is away at the start, or
// comes back elsewhere, is no reason to end.

import type { Config } from '../../config/index.ts';
import type { SweepClient, SweepDescription } from '../../orchestrator/index.ts';
import { openSweepClient } from '../access.ts';

/** The workflow of one sweep through a connection that is made anew after each failure; `close` it. */
export interface WatchedWorkflow {
  /** @throws LatentSweepError TEMPORAL_UNREACHABLE */
  describe(): Promise<SweepDescription>;
  close(): Promise<void>;
}

/** Connects to nothing before the first `describe`. */
export function watchWorkflow(config: Config, sweep: string): WatchedWorkflow {
  let client: SweepClient | null = null;
  return {
    describe: async () => {
      client ??= await openSweepClient(config);
      try {
        return await client.describe(sweep);
      } catch (error) {
        const old = client;
        client = null;
        await old.close();
        throw error;
      }
    },
    close: async () => {
      await client?.close();
      client = null;
    },
  };
}
