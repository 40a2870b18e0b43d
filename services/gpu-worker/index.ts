// The border of the gpu-worker: one node in this process, or as a process of its own.

export {
  DEFAULT_CACHE_BYTES,
  DEFAULT_WORKER_TIMES,
  type SlotOptions,
  type WorkerOptions,
  type WorkerTimes,
} from './options.ts';
export { runWorker, type WorkerProcessOptions } from './run-process.ts';
export { simulateEntry } from './simulate/entry.ts';
export { startWorker, type Worker } from './worker.ts';
