// ONNX Runtime has one environment per process: a second one asked for would silently be the first, whatever its settings. It holds what
// sessions share: the arenas and the threads of whoever came first. Threads of each session's own would wait for its next operator, spinning,
// while another session needs their cores: gradients, norm and update take turns in every step.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { CApi, Pointer } from './c-api.ts';

const LOG_ERRORS = 3;
const ARENA_ALLOCATOR = 1;
/** kSameAsRequested: the arena grows by what is asked, not to the next power of two. */
const SAME_AS_REQUESTED = 1n;

export interface Threads {
  /** Of one operator; part of what makes bits repeat (docs/design/engine.md section 3, rule 15). */
  readonly count: number;
  /** Whether they wait for the next operator spinning. */
  readonly spin: boolean;
}

export interface Environment {
  readonly pointer: Pointer;
  /** Those that all sessions may share. A session that wants others must bring its own. */
  readonly threads: Threads;
}

let environment: Environment | null = null;

/**
 * The process's environment, made at first use.
 * @param memory what its arena gives out
 * @param threads what it gets when it is made here
 */
export function sharedEnvironment(api: CApi, memory: Pointer, threads: Threads): Environment {
  if (environment !== null) return environment;
  const settings = api.create('CreateThreadingOptions');
  try {
    api.call('SetGlobalIntraOpNumThreads', settings, threads.count);
    api.call('SetGlobalInterOpNumThreads', settings, 1);
    api.call('SetGlobalSpinControl', settings, threads.spin ? 1 : 0);
    const pointer = api.create('CreateEnvWithGlobalThreadPools', LOG_ERRORS, 'latent-sweep', settings);
    api.call('CreateAndRegisterAllocator', pointer, memory, null);
    environment = { pointer, threads };
    return environment;
  } finally {
    api.release('ReleaseThreadingOptions', settings);
  }
}

/** An arena on a device: sessions and tensors share it, so that graphs of many shapes use the same workspace in turn. */
export interface DeviceArena {
  readonly memory: Pointer;
  readonly allocator: Pointer;
}

let cuda: { readonly arena: DeviceArena; readonly limitBytes: number | null } | null = null;

/**
 * The process's arena on its CUDA device, made at first use.
 * @param openSession a session on the device that takes the environment's arena; it stays open, since only sessions give their allocator out
 * @throws LatentSweepError CONFIG_INVALID when it exists with another limit
 */
export function sharedCudaArena(
  api: CApi,
  env: Pointer,
  limitBytes: number | null,
  openSession: () => Pointer,
): DeviceArena {
  if (cuda !== null && cuda.limitBytes !== limitBytes) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `memoryLimitBytes: ${limitBytes} asked, this process has its arena with ${cuda.limitBytes}; start another process`,
      { key: 'memoryLimitBytes' },
    );
  }
  if (cuda === null) {
    const memory = registerCudaArena(api, env, limitBytes);
    cuda = { arena: { memory, allocator: api.create('CreateAllocator', openSession(), memory) }, limitBytes };
  }
  return cuda.arena;
}

function registerCudaArena(api: CApi, env: Pointer, limitBytes: number | null): Pointer {
  const memory = api.create('CreateMemoryInfo', 'Cuda', ARENA_ALLOCATOR, 0, 0);
  const entries: [string, bigint][] = [['arena_extend_strategy', SAME_AS_REQUESTED]];
  if (limitBytes !== null) entries.push(['max_mem', BigInt(limitBytes)]);
  const [keys, values] = [entries.map(([key]) => key), BigUint64Array.from(entries, ([, value]) => value)];
  const arena = api.create('CreateArenaCfgV2', keys, values, entries.length);
  try {
    const provider = 'CUDAExecutionProvider';
    api.call('CreateAndRegisterAllocatorV2', env, provider, memory, arena, ['device_id'], ['0'], 1);
  } finally {
    api.release('ReleaseArenaCfg', arena);
  }
  return memory;
}
