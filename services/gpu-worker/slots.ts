// What a node offers, from its configuration: slots on the CPU, on CUDA devices, or simulated. A CUDA slot's trainer sees its one device only
// (CUDA_VISIBLE_DEVICES), so that the engine always computes on device 0.

import { execFileSync } from 'node:child_process';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Config } from '../config/index.ts';
import type { SlotOptions } from './options.ts';

/** The rest is for the system, Postgres and the other processes of the machine; on a GPU for CUDA's own context and libraries. */
const MEMORY_SHARE = 0.8;
const MEBIBYTE = 2 ** 20;
/** A driver that is being loaded may take seconds. */
const NVIDIA_SMI_MS = 30_000;

export interface Machine {
  readonly cores: number;
  /** Main memory, bytes. */
  readonly memoryBytes: number;
}

/** @throws LatentSweepError CONFIG_INVALID with the key when `worker` asks for what this machine lacks */
export function slotsOf({ worker }: Pick<Config, 'worker'>, machine: Machine): readonly SlotOptions[] {
  if (worker.gpus !== null) return cudaSlots(worker, worker.gpus);
  const count = worker.slots ?? machine.cores;
  const memoryBytes = worker.memoryBytes ?? Math.floor((machine.memoryBytes * MEMORY_SHARE) / count);
  const device = worker.trainer === 'engine' ? 'cpu' : 'simulate';
  return Array.from({ length: count }, () => ({ device, threads: worker.threads, memoryBytes }));
}

function cudaSlots(worker: Config['worker'], gpus: readonly number[]): readonly SlotOptions[] {
  const { trainer, count, slots, threads } = worker;
  if (trainer !== 'engine')
    throw invalid('worker.gpus', `worker.gpus needs worker.trainer engine; it is ${trainer}, which uses no device`);
  if (count > 1)
    throw invalid('worker.gpus', `worker.gpus is for one gpu-worker per machine; worker.count is ${count}, allowed: 1`);
  const each = (slots ?? gpus.length) / gpus.length;
  if (!Number.isInteger(each))
    throw invalid('worker.slots', `worker.slots: ${slots} slots cannot be shared evenly by ${gpus.length} GPUs`);
  const memory = worker.memoryBytes === null ? deviceMemory() : null;
  return gpus.flatMap((gpu) => {
    const memoryBytes = worker.memoryBytes ?? Math.floor((memoryOf(gpu, memory) * MEMORY_SHARE) / each);
    // in the order in which nvidia-smi numbers devices, not by speed
    const env = { CUDA_VISIBLE_DEVICES: String(gpu), CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };
    return Array.from({ length: each }, (): SlotOptions => ({ device: 'cuda', threads, memoryBytes, env }));
  });
}

function memoryOf(gpu: number, memory: ReadonlyMap<number, number> | null): number {
  const bytes = memory?.get(gpu);
  if (bytes !== undefined) return bytes;
  const known = [...(memory?.keys() ?? [])].join(', ') || 'none';
  throw invalid('worker.gpus', `worker.gpus: this machine has no GPU ${gpu}; nvidia-smi knows ${known}`);
}

/** Bytes of every GPU by its index, as the driver says. */
function deviceMemory(): ReadonlyMap<number, number> {
  let told: string;
  try {
    const question = ['--query-gpu=index,memory.total', '--format=csv,noheader,nounits'];
    told = execFileSync('nvidia-smi', question, { encoding: 'utf8', timeout: NVIDIA_SMI_MS, stdio: 'pipe' });
  } catch (cause) {
    throw invalid(
      'worker.gpus',
      'worker.gpus: nvidia-smi does not say what this machine has; install the NVIDIA driver, or set worker.memoryBytes (bytes of one attempt)',
      cause,
    );
  }
  const lines = told.trim().split('\n');
  const devices = lines.map((line) => line.split(',').map(Number));
  return new Map(devices.map(([index = Number.NaN, mebibytes = Number.NaN]) => [index, mebibytes * MEBIBYTE]));
}

function invalid(key: string, message: string, cause?: unknown): LatentSweepError {
  return new LatentSweepError('CONFIG_INVALID', message, { key }, cause);
}
