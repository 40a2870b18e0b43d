// ONNX Runtime's C API, called in the very library that onnxruntime-node ships: the only way to bind training state in
// place (engine.md, "Shape of it"). Indices are positions in `struct OrtApi` of onnxruntime_c_api.h, which only ever grows.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi, { type TypeObject } from 'koffi';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { openLibrary } from './native-library.ts';

/** The version that kernels.md was measured on; another may place operators elsewhere. */
export const PINNED_VERSION = '1.29.0';
/** ORT_API_VERSION asked for; tables are backward compatible. */
const API_VERSION = 24;
const TABLE_SIZE = 260;
/** Words of the CPU allocator, of CUDA, of cuBLAS, and of an arena with a limit. */
const OUT_OF_MEMORY = /bad_alloc|allocate|out of memory|OOM|ALLOC_FAILED|smaller than requested bytes/i;

/** Native address. */
export type Pointer = bigint;

/** index and C parameter types; every function returns OrtStatus* (null is success). */
const FUNCTIONS = {
  CreateEnv: [3, 'int severity, str id, _Out_ void **env'],
  CreateSessionFromArray: [8, 'void *env, void *model, size_t bytes, void *options, _Out_ void **session'],
  CreateSessionOptions: [10, '_Out_ void **options'],
  SetOptimizedModelFilePath: [11, 'void *options, str path'],
  EnableProfiling: [14, 'void *options, str prefix'],
  DisableMemPattern: [17, 'void *options'],
  SetSessionGraphOptimizationLevel: [23, 'void *options, int level'],
  SetIntraOpNumThreads: [24, 'void *options, int threads'],
  SetInterOpNumThreads: [25, 'void *options, int threads'],
  CreateTensorAsOrtValue: [48, 'void *allocator, int64_t *shape, size_t rank, int dtype, _Out_ void **value'],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void *memory, void *data, size_t bytes, int64_t *shape, size_t rank, int dtype, _Out_ void **value',
  ],
  GetTensorMutableData: [51, 'void *value, _Out_ void **data'],
  CreateMemoryInfo: [68, 'str name, int allocator, int device, int memType, _Out_ void **info'],
  CreateCpuMemoryInfo: [69, 'int allocator, int memType, _Out_ void **info'],
  AddSessionConfigEntry: [130, 'void *options, str key, str value'],
  CreateAllocator: [131, 'void *session, void *memory, _Out_ void **allocator'],
  CreateEnvWithGlobalThreadPools: [119, 'int severity, str id, void *threading, _Out_ void **env'],
  DisablePerSessionThreads: [120, 'void *options'],
  CreateThreadingOptions: [121, '_Out_ void **threading'],
  RunWithBinding: [133, 'void *session, void *runOptions, void *binding'],
  CreateIoBinding: [134, 'void *session, _Out_ void **binding'],
  BindInput: [136, 'void *binding, str name, void *value'],
  BindOutput: [137, 'void *binding, str name, void *value'],
  CreateAndRegisterAllocator: [144, 'void *env, void *memory, void *arena'],
  SetGlobalIntraOpNumThreads: [147, 'void *threading, int threads'],
  SetGlobalInterOpNumThreads: [148, 'void *threading, int threads'],
  SetGlobalSpinControl: [149, 'void *threading, int allowed'],
  CreateArenaCfgV2: [164, 'str *keys, size_t *values, size_t count, _Out_ void **arena'],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, 'void *options, void *cuda'],
  CreateCUDAProviderOptions: [205, '_Out_ void **cuda'],
  UpdateCUDAProviderOptions: [206, 'void *cuda, str *keys, str *values, size_t count'],
  CreateAndRegisterAllocatorV2: [
    259,
    'void *env, str provider, void *memory, void *arena, str *keys, str *values, size_t count',
  ],
} as const;

const RELEASES = {
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseSessionOptions: 100,
  ReleaseThreadingOptions: 122,
  ReleaseIoBinding: 135,
  ReleaseArenaCfg: 157,
  ReleaseCUDAProviderOptions: 208,
} as const;

export interface CApi {
  readonly version: string;
  /** Calls a status-returning function. @throws LatentSweepError RUNTIME_FAILED or OUT_OF_MEMORY with ONNX Runtime's words */
  call(name: keyof typeof FUNCTIONS, ...parameters: unknown[]): void;
  /** Calls one whose last parameter receives a new object. */
  create(name: keyof typeof FUNCTIONS, ...parameters: unknown[]): Pointer;
  release(name: keyof typeof RELEASES, pointer: Pointer): void;
}

/** Where a buffer lies; buffers made explicitly never move. */
export const addressOf = (buffer: ArrayBuffer): bigint => koffi.address(buffer);

/** The folder of libonnxruntime.so.1, where its providers lie too: LSWEEP_ONNXRUNTIME_DIR, else that of onnxruntime-node. */
export function libraryFolder(): string {
  const given = process.env['LSWEEP_ONNXRUNTIME_DIR'];
  if (given) return given;
  return join(
    dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
    'bin/napi-v6/linux/x64',
  );
}

let loaded: CApi | null = null;

/** The library, loaded once per process. @throws LatentSweepError RUNTIME_VERSION when it is not the pinned one */
export function loadCApi(): CApi {
  loaded ??= openApi();
  return loaded;
}

function openApi(): CApi {
  const library = openLibrary(join(libraryFolder(), 'libonnxruntime.so.1'));
  const base: unknown = library.func('void *OrtGetApiBase()')();
  const [getApi, getVersion] = decodePointers(base, 2);
  const version = String(callPointer(getVersion, 'const char *GetVersionString()'));
  if (version !== PINNED_VERSION) {
    throw new LatentSweepError('RUNTIME_VERSION', `ONNX Runtime ${version} is installed, ${PINNED_VERSION} is needed`, {
      version,
    });
  }
  const table = decodePointers(callPointer(getApi, 'void *GetApi(uint32_t version)', API_VERSION), TABLE_SIZE);
  const message = prototype('const char *GetErrorMessage(void *status)');
  const releaseStatus = prototype('void ReleaseStatus(void *status)');
  const releaseAny = prototype('void Release(void *object)');
  const prototypes = new Map(
    Object.entries(FUNCTIONS).map(([name, [index, parameters]]) => [
      name,
      { index, type: prototype(`void *${name}(${parameters})`) },
    ]),
  );

  const call = (name: keyof typeof FUNCTIONS, ...parameters: unknown[]): void => {
    const known = prototypes.get(name);
    const status: unknown = known && koffi.call(table[known.index], known.type, ...parameters);
    if (!status) return;
    const words = String(koffi.call(table[2], message, status));
    koffi.call(table[93], releaseStatus, status);
    throw new LatentSweepError(OUT_OF_MEMORY.test(words) ? 'OUT_OF_MEMORY' : 'RUNTIME_FAILED', `${name}: ${words}`, {
      call: name,
    });
  };
  return {
    version,
    call,
    create(name, ...parameters) {
      const out: [unknown] = [null];
      call(name, ...parameters, out);
      if (typeof out[0] !== 'bigint')
        throw new LatentSweepError('RUNTIME_FAILED', `${name} made nothing`, { call: name });
      return out[0];
    },
    release: (name, pointer) => void koffi.call(table[RELEASES[name]], releaseAny, pointer),
  };
}

let prototypeCount = 0;
/** koffi wants a name of its own for every prototype in a process. */
function prototype(declaration: string): TypeObject {
  return koffi.proto(declaration.replace(/(\w+)\(/, `lsweep_${prototypeCount++}_$1(`));
}

function decodePointers(pointer: unknown, count: number): unknown[] {
  const decoded: unknown = koffi.decode(pointer, koffi.array('void *', count));
  return Array.isArray(decoded) ? decoded : [];
}

function callPointer(pointer: unknown, declaration: string, ...parameters: unknown[]): unknown {
  return koffi.call(pointer, prototype(declaration), ...parameters);
}
