// A gpu-worker in a process of its own, to be killed. Options come as the first message; the answer is its address.

import pino from 'pino';
import { openArtifactStore } from '../../services/artifacts/index.ts';
import { startWorker, type WorkerOptions } from '../../services/gpu-worker/index.ts';

interface Start {
  readonly options: Omit<WorkerOptions, 'artifacts' | 'log'>;
  readonly level: string;
  readonly artifacts: string;
}

process.once('message', (start: Start) => void run(start));
process.on('disconnect', () => process.exit(0));

async function run({ options, level, artifacts }: Start): Promise<void> {
  const worker = await startWorker({ ...options, artifacts: await openArtifactStore(artifacts), log: pino({ level }) });
  process.on('SIGTERM', () => void worker.stop().then(() => process.exit(0)));
  process.send?.(worker.address);
}
