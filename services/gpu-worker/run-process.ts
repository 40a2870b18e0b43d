// A gpu-worker as a process of its own: says when it is ready, leaves in order on SIGTERM and SIGINT. main.ts only gathers the options.

import { removeReadyFile, writeReadyFile } from '../program/index.ts';
import type { WorkerOptions } from './options.ts';
import { startWorker } from './worker.ts';

/** Beyond the time that attempts get: then the process ends, and its next start tells the rest. */
const STOP_SLACK_MS = 10_000;

export interface WorkerProcessOptions extends WorkerOptions {
  /** Written when the node serves: JSON with `pid`, `nodeId` and `address`. null = not written. */
  readonly readyFile: string | null;
}

/** Runs until a signal; never returns. Exit code 0 after an orderly stop, 1 when that took too long. */
export async function runWorker(options: WorkerProcessOptions): Promise<never> {
  const { log, readyFile, times } = options;
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  const worker = await startWorker(options);
  writeReadyFile(readyFile, { nodeId: worker.nodeId, address: worker.address });
  log.info({ signal: await asked }, 'asked to stop');
  removeReadyFile(readyFile);
  const late = setTimeout(() => {
    log.error('the orderly stop took too long; the next start tells what is left');
    process.exit(1);
  }, times.leaveMs + STOP_SLACK_MS);
  await worker.stop();
  clearTimeout(late);
  process.exit(0);
}
