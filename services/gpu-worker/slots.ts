// What a node offers, from its configuration: slots on the CPU, on CUDA devices, or simulated. A CUDA slot's trainer sees its one device only
// (CUDA_VISIBLE_DEVICES), so that the engine always computes on device 0.

import { execFileSync } from 'node:child_process';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Config, slotCount } from '../config/index.ts';
import type { MachineSize } from '../machine/index.ts';
import type { SlotOptions } from './options.ts';

/** The rest is for the system, Postgres and the other processes of the machine; on a GPU for CUDA's own context and libraries. */
const MEMORY_SHARE = 0.8;
const MEBIBYTE = 2 ** 20;
/** A driver that is being loaded may take seconds, on a full machine minutes. */
const NVIDIA_SMI_MS = 120_000;

/** @throws LatentSweepError CONFIG_INVALID with the key when `worker` asks for what this machine lacks */
export function slotsOf({ worker }: Pick<Config, 'worker'>, machine: MachineSize): readonly SlotOptions[] {
  const count = slotCount(worker, machine.cores);
  if (worker.gpus !== null) return cudaSlots(worker, worker.gpus, count);
  const memoryBytes = worker.memoryBytes ?? Math.floor((machine.memoryBytes * MEMORY_SHARE) / count);
  const device = worker.trainer === 'engine' ? 'cpu' : 'simulate';
  return Array.from({ length: count }, () => ({ device, threads: worker.threads, memoryBytes }));
}

function cudaSlots(
  { trainer, count: workers, threads, memoryBytes }: Config['worker'],
  gpus: readonly number[],
  count: number,
): readonly SlotOptions[] {
  if (trainer !== 'engine')
    throw invalid('worker.gpus', `worker.gpus needs worker.trainer engine; it is ${trainer}, which uses no device`);
  if (workers > 1)
    throw invalid(
      'worker.gpus',
      `worker.gpus is for one gpu-worker per machine; worker.count is ${workers}, allowed: 1`,
    );
  const each = count / gpus.length;
  if (!Number.isInteger(each))
    throw invalid('worker.slots', `worker.slots: ${count} slots cannot be shared evenly by ${gpus.length} GPUs`);
  const memory = memoryBytes === null ? sharesOfMemory(gpus, each) : gpus.map(() => memoryBytes);
  return gpus.flatMap((gpu, index) => {
    // in the order in which nvidia-smi numbers devices, not by speed
    const env = { CUDA_VISIBLE_DEVICES: String(gpu), CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };
    const slot: SlotOptions = { device: 'cuda', threads, memoryBytes: memory[index] ?? 0, env };
    return Array.from({ length: each }, () => slot);
  });
}

/** Of one of `each` slots on every GPU, bytes. */
function sharesOfMemory(gpus: readonly number[], each: number): readonly number[] {
  const memory = deviceMemory();
  return gpus.map((gpu) => {
    const bytes = memory.get(gpu);
    if (bytes !== undefined) return Math.floor((bytes * MEMORY_SHARE) / each);
    const known = [...memory.keys()].join(', ') || 'none';
    throw invalid('worker.gpus', `worker.gpus: this machine has no GPU ${gpu}; nvidia-smi knows ${known}`);
  });
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
