// ONNX Runtime's C API, called in the very library that onnxruntime-node ships: the only way to bind training state in
// place (docs/design/engine.md section 1). Where each function is and what it takes comes from the header (c-api-table.ts).

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi, { type TypeObject } from 'koffi';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { FUNCTIONS, GETTERS, ORT_API_VERSION, RELEASES, TABLE_SIZE } from './c-api-table.ts';
import { openLibrary } from './native-library.ts';

/** The version that docs/design/kernels.md section 1 was measured on; another may place operators elsewhere. */
export const PINNED_VERSION = '1.29.0';
/** Words of the CPU allocator, of CUDA, of cuBLAS, and of an arena with a limit. */
const OUT_OF_MEMORY = /bad_alloc|allocate|out of memory|OOM|ALLOC_FAILED|smaller than requested bytes/i;

/** Native address. */
export type Pointer = bigint;

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
  const table = decodePointers(callPointer(getApi, 'void *GetApi(uint32_t version)', ORT_API_VERSION), TABLE_SIZE);
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
    const words = String(koffi.call(table[GETTERS.GetErrorMessage], message, status));
    koffi.call(table[RELEASES.ReleaseStatus], releaseStatus, status);
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
