// An orchestrator as a process of its own: waits for Postgres and Temporal with clear words, says when it is ready, stops in order on
// SIGTERM and SIGINT. main.ts only gathers the options.

import { DefaultLogger, type LogLevel, Runtime } from '@temporalio/worker';
import { ERRORS, type ErrorCode, LatentSweepError } from '../../workflows/domain/errors.ts';
import { removeReadyFile, writeReadyFile } from '../program/index.ts';
import type { OrchestratorOptions } from './options.ts';
import { type Orchestrator, startOrchestrator } from './orchestrator.ts';
import { pause } from './persist.ts';
import { asTemporalError } from './temporal-errors.ts';

const RETRY_MS = 2_000;
const PASSING: ReadonlySet<ErrorCode> = new Set(['STORE_UNREACHABLE', 'TEMPORAL_UNREACHABLE']);
/** Longer than the grace of the Temporal workers; then the process ends and its successor adopts. */
const STOP_TIMEOUT_MS = 15_000;

/** A replica, and the file by which whoever started it sees that it is ready. */
export interface ProcessOptions extends OrchestratorOptions {
  /** Written when nodes may register: JSON with `pid` and `registryAddress`. null = not written. */
  readonly readyFile: string | null;
}

/** Runs until a signal; never returns. Exit code 0 after an orderly stop, 1 when a Temporal worker ended by itself. */
export async function runOrchestrator(options: ProcessOptions): Promise<never> {
  const { log, readyFile } = options;
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => log[levelOf(entry.level)](entry.meta ?? {}, entry.message)),
  });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());

  const orchestrator = await startWhenReachable(options, stopping.signal);
  if (orchestrator === null) process.exit(0);
  writeReadyFile(readyFile, { registryAddress: orchestrator.registryAddress });
  const asked = new Promise<'asked'>((resolve) => {
    if (stopping.signal.aborted) resolve('asked');
    stopping.signal.addEventListener('abort', () => resolve('asked'));
  });
  const why = await Promise.race([asked, orchestrator.failed.catch(() => 'failed' as const)]);
  removeReadyFile(readyFile);
  const late = setTimeout(() => {
    log.error('the orderly stop took too long; the next orchestrator adopts what runs');
    process.exit(1);
  }, STOP_TIMEOUT_MS);
  await orchestrator.stop();
  clearTimeout(late);
  await options.store.close();
  process.exit(why === 'asked' ? 0 : 1);
}

/** @returns null when asked to stop before everything was reachable */
async function startWhenReachable(options: OrchestratorOptions, signal: AbortSignal): Promise<Orchestrator | null> {
  while (!signal.aborted) {
    try {
      return await startOrchestrator(options);
    } catch (error) {
      const known = asTemporalError(error, options.temporal.address) ?? error;
      if (!(known instanceof LatentSweepError && PASSING.has(known.code))) throw known;
      const { code, message } = known;
      options.log.warn({ code, error: message, advice: ERRORS[code].advice }, 'not reachable yet; trying again');
    }
    await pause(RETRY_MS, signal);
  }
  return null;
}

function levelOf(level: LogLevel): 'trace' | 'debug' | 'info' | 'warn' | 'error' {
  switch (level) {
    case 'TRACE':
      return 'trace';
    case 'DEBUG':
      return 'debug';
    case 'INFO':
      return 'info';
    case 'WARN':
      return 'warn';
    case 'ERROR':
      return 'error';
  }
}
