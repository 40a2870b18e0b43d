// `lsweep delete` with its ways to Postgres, Temporal and the artifact store, and what goes in words.

import { join } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { openArtifactStore } from '../artifacts/index.ts';
import { artifactsUrl, type Config, endpoints } from '../config/index.ts';
import { type DeletionPlan, openStore } from '../store/index.ts';
import { withSweepClient } from './access.ts';

/** What went, or would have gone where `deleted` is false. */
export type Deletion = DeletionPlan & { readonly sweep: string; readonly deleted: boolean };

/** @throws LatentSweepError NOT_FOUND, CONFLICT, STORE_UNREACHABLE, TEMPORAL_UNREACHABLE, ARTIFACT_STORE */
export function runDeletion(
  config: Config,
  sweep: string,
  confirm: (plan: DeletionPlan) => Promise<boolean>,
): Promise<Deletion> {
  return withSweepClient(config, async (client) => {
    const { deleteSweep } = await import('../orchestrator/index.ts');
    const memory = join(config.stateDir, 'artifact-store.json');
    const artifacts = await openArtifactStore(artifactsUrl(config), 'artifacts.url', memory);
    const store = openStore({ url: endpoints(config).postgresUrl, poolSize: 2, applicationName: 'lsweep' });
    try {
      if (!(await artifacts.claim(await store.installationId()))) {
        const sentence = `the artifact store ${artifacts.description} belongs to another database, whose files would go too; nothing is deleted`;
        throw new LatentSweepError('CONFLICT', sentence, { store: artifacts.description, key: 'artifacts.url' });
      }
      const removeFile = (uri: string): Promise<void> => artifacts.remove(uri);
      return { sweep, ...(await deleteSweep({ client, store, removeFile }, sweep, confirm)) };
    } finally {
      await store.close();
    }
  });
}

/** One line with counts and the size in GB (1e9 bytes), and how many trials stay because other sweeps have them. */
export function deletionText(sweep: string, { cells, trials, phases, files, bytes }: DeletionPlan): string {
  const shared = cells - trials;
  const kept = shared === 0 ? '' : `; ${shared} trials that other sweeps share stay`;
  const size = `${(bytes / 1e9).toPrecision(3)} GB`;
  return `${sweep}: ${cells} cells, with ${trials} trials, ${phases} phases and ${files} files (${size}) that only it has${kept}`;
}
