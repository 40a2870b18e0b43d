// How commands reach Postgres and Temporal: what the configuration names, else the local stack. Reading works while that stack is
// down (its Postgres is started for the moment); commands on sweeps need it up.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Config, endpoints, loadConfig, readPemFiles, runningStack } from '../config/index.ts';
import type { SweepClient } from '../orchestrator/index.ts';
import { openReader, openStore, type Reader, type ReaderOptions, type StudyReader } from '../store/index.ts';
import type { GlobalOptions } from './global-options.ts';
import { listenForInterruption, unlessInterrupted } from './interruption.ts';

/** @throws LatentSweepError CONFIG_INVALID */
export function configOf({ config, dir }: Pick<GlobalOptions, 'config' | 'dir'>): Config {
  return loadConfig({ file: config, dir });
}

/** For this program's own queries. @throws LatentSweepError STORE_UNREACHABLE, and what `work` throws */
export function withReader<T>(config: Config, work: (reader: StudyReader) => Promise<T>): Promise<T> {
  return withReaderFor('ourselves', config, work);
}

/** For statements that a person gives. @throws LatentSweepError CONFIG_INVALID without a login that only reads, STORE_UNREACHABLE, and what `work` throws */
export function withPeoplesReader<T>(config: Config, work: (reader: Reader) => Promise<T>): Promise<T> {
  return withReaderFor('people', config, work);
}

/**
 * For following: a reader that outlives the stack. After an outage the next query finds out anew where Postgres is; a local stack that is
 * down is an outage too, and is not started.
 * @throws what `work` throws; its queries STORE_UNREACHABLE while Postgres is away
 */
export async function withLastingReader<T>(config: Config, work: (reader: StudyReader) => Promise<T>): Promise<T> {
  let reader: Reader | null = null;
  const close = async (): Promise<void> => {
    const old = reader;
    reader = null;
    await old?.close();
  };
  const open = (): Reader => {
    const { readerUrl, readerTimeoutMs: timeoutMs } = config.postgres;
    const urlOf = readerUrl === null ? 'writer' : 'reader';
    return openReader(readerUrl ?? endpoints(config).postgresUrl, { urlOf, statementsOf: 'ourselves', timeoutMs });
  };
  const query: StudyReader['query'] = async (...statement) => {
    reader ??= open();
    try {
      return await reader.query(...statement);
    } catch (error) {
      if (error instanceof LatentSweepError && error.code === 'STORE_UNREACHABLE') await close();
      throw error;
    }
  };
  try {
    return await work({ query });
  } finally {
    await close();
  }
}

async function withReaderFor<T>(
  statementsOf: 'people' | 'ourselves',
  config: Config,
  work: (reader: Reader) => Promise<T>,
): Promise<T> {
  const { readerUrl, readerTimeoutMs: timeoutMs } = config.postgres;
  if (readerUrl !== null) return await withReaderAt(readerUrl, { urlOf: 'reader', statementsOf, timeoutMs }, work);
  const writerUrl = config.postgres.url ?? runningStack(config)?.postgresUrl ?? null;
  const options = { urlOf: 'writer', statementsOf, timeoutMs } as const;
  if (writerUrl !== null) return await withReaderAt(writerUrl, options, work);
  const { startStandalonePostgres } = await import('../local-stack/index.ts');
  // Ctrl-C must not leave that Postgres behind: it ends the query, then the way out stops the server
  const interruption = listenForInterruption();
  const postgres = await startStandalonePostgres(config);
  try {
    return await unlessInterrupted(withReaderAt(postgres.url, options, work), interruption.signal);
  } finally {
    await postgres.stop();
    interruption.stopListening();
  }
}

/** @throws LatentSweepError STORE_UNREACHABLE, TEMPORAL_UNREACHABLE, and what `work` throws */
export async function withSweepClient<T>(config: Config, work: (client: SweepClient) => Promise<T>): Promise<T> {
  const client = await openSweepClient(config);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Closing it closes its store too. @throws LatentSweepError STORE_UNREACHABLE, TEMPORAL_UNREACHABLE */
export async function openSweepClient(config: Config): Promise<SweepClient> {
  const { postgresUrl, temporalAddress, namespace } = endpoints(config);
  // the orchestrator's border loads Temporal's worker, which reading commands need not wait for
  const { connectSweepClient } = await import('../orchestrator/index.ts');
  const store = openStore({ url: postgresUrl, poolSize: 2, applicationName: 'lsweep' });
  try {
    const client = await connectSweepClient({
      store,
      temporal: {
        address: temporalAddress,
        namespace,
        tls: readPemFiles('temporal.tls', config.temporal.tls),
        proxy: config.grpcProxy,
      },
    });
    return {
      ...client,
      close: async () => {
        await client.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function withReaderAt<T>(url: string, options: ReaderOptions, work: (reader: Reader) => Promise<T>): Promise<T> {
  const reader = openReader(url, options);
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}
