// ONNX Runtime's C API, called in the very library that onnxruntime-node ships: the only way to bind training state in
// place (engine.md, "Shape of it"). Indices are positions in `struct OrtApi` of onnxruntime_c_api.h, which only ever grows.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi, { type TypeObject } from 'koffi';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

/** The version that kernels.md was measured on; another may place operators elsewhere. */
export const PINNED_VERSION = '1.29.0';
/** ORT_API_VERSION asked for; tables are backward compatible. */
const API_VERSION = 22;
const TABLE_SIZE = 207;
const OUT_OF_MEMORY = /bad_alloc|allocate|out of memory|OOM/i;

/** Opaque native pointer. */
export type Pointer = NonNullable<unknown>;

/** index and C parameter types; every function returns OrtStatus* (null is success). */
const FUNCTIONS = {
  CreateEnv: [3, 'int severity, str id, _Out_ void **env'],
  CreateSessionFromArray: [8, 'void *env, void *model, size_t bytes, void *options, _Out_ void **session'],
  CreateSessionOptions: [10, '_Out_ void **options'],
  EnableProfiling: [14, 'void *options, str prefix'],
  DisableMemPattern: [17, 'void *options'],
  SetSessionGraphOptimizationLevel: [23, 'void *options, int level'],
  SetIntraOpNumThreads: [24, 'void *options, int threads'],
  SetInterOpNumThreads: [25, 'void *options, int threads'],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void *memory, void *data, size_t bytes, int64_t *shape, size_t rank, int dtype, _Out_ void **value',
  ],
  CreateCpuMemoryInfo: [69, 'int allocator, int memType, _Out_ void **info'],
  AddSessionConfigEntry: [130, 'void *options, str key, str value'],
  RunWithBinding: [133, 'void *session, void *runOptions, void *binding'],
  CreateIoBinding: [134, 'void *session, _Out_ void **binding'],
  BindInput: [136, 'void *binding, str name, void *value'],
  BindOutput: [137, 'void *binding, str name, void *value'],
  CreateAndRegisterAllocator: [144, 'void *env, void *memory, void *arena'],
} as const;

const RELEASES = {
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseSessionOptions: 100,
  ReleaseIoBinding: 135,
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

let loaded: CApi | null = null;
/** koffi unloads a library when its handle is collected, though pointers into it are still in use: the handle must stay reachable. */
const openHandles: unknown[] = [];

/** The library, loaded once per process. @throws LatentSweepError RUNTIME_VERSION when it is not the pinned one */
export function loadCApi(): CApi {
  loaded ??= openLibrary();
  return loaded;
}

function openLibrary(): CApi {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const library = koffi.load(join(root, 'bin/napi-v6/linux/x64/libonnxruntime.so.1'));
  openHandles.push(library);
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
      const out: [Pointer | null] = [null];
      call(name, ...parameters, out);
      if (out[0] === null) throw new LatentSweepError('RUNTIME_FAILED', `${name} made nothing`, { call: name });
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
