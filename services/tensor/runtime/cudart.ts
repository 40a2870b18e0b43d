// The few functions of CUDA's runtime library that ONNX Runtime's C API has no counterpart for: copies between host and device
// that belong to no session, and what the device has. The provider has loaded this very library; its context is shared.

import koffi from 'koffi';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { openLibrary } from './native-library.ts';

/** Everything the CUDA provider links to that does not come with Linux (readelf -d), and who brings it. */
const LIBRARIES = [
  ['libcuda.so.1', 'the NVIDIA driver, 580 or later'],
  ['libcudart.so.13', 'CUDA 13 (PyPI: nvidia-cuda-runtime)'],
  ['libcublas.so.13', 'CUDA 13 (PyPI: nvidia-cublas)'],
  ['libcublasLt.so.13', 'CUDA 13 (PyPI: nvidia-cublas)'],
  ['libcurand.so.10', 'CUDA 13 (PyPI: nvidia-curand)'],
] as const;

const HOST_TO_DEVICE = 1;
const DEVICE_TO_HOST = 2;

export interface Cudart {
  /** Returns when the device has it. */
  copyIn(address: bigint, data: ArrayBufferView): void;
  copyOut(data: ArrayBufferView, address: bigint): void;
  fillZero(address: bigint, bytes: number): void;
  memory(): { readonly freeBytes: number; readonly totalBytes: number };
}

let loaded: Cudart | null = null;

/** @throws LatentSweepError CONFIG_INVALID with what has to be installed, or when no device is visible */
export function loadCudart(): Cudart {
  loaded ??= open();
  return loaded;
}

function open(): Cudart {
  const missing = LIBRARIES.flatMap(([name, from]) => {
    const fault = loadFault(name);
    return fault === null ? [] : [`${name} from ${from} (${fault})`];
  });
  if (missing.length > 0) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `device: cuda is not possible here, since these libraries cannot be loaded: ${missing.join('; ')}. Install them, or put their folder into LD_LIBRARY_PATH before the start`,
      { key: 'device', value: 'cuda' },
    );
  }
  const library = openLibrary('libcudart.so.13');
  const errorString = library.func('const char *cudaGetErrorString(int error)');
  const check = (name: string, code: unknown): void => {
    if (code === 0) return;
    const words = String(errorString(code));
    throw new LatentSweepError(/memory/.test(words) ? 'OUT_OF_MEMORY' : 'RUNTIME_FAILED', `${name}: ${words}`, {
      call: name,
    });
  };
  const count: [unknown] = [0];
  const code: unknown = library.func('int cudaGetDeviceCount(_Out_ int *count)')(count);
  if (code !== 0 || count[0] === 0) {
    const words = code === 0 ? 'there is none' : String(errorString(code));
    throw new LatentSweepError('CONFIG_INVALID', `device: cuda asked, but no CUDA device is visible (${words})`, {
      key: 'device',
      value: 'cuda',
    });
  }
  const copy = library.func('int cudaMemcpy(void *to, void *from, size_t bytes, int kind)');
  const set = library.func('int cudaMemset(void *to, int value, size_t bytes)');
  const synchronize = library.func('int cudaStreamSynchronize(void *stream)');
  const memoryInfo = library.func('int cudaMemGetInfo(_Out_ size_t *free, _Out_ size_t *total)');
  // ONNX Runtime's streams do not wait for the default stream, and a copy from pageable memory may return before it has arrived
  const settle = (name: string) => check(name, synchronize(null));
  return {
    copyIn(address, data) {
      check('cudaMemcpy', copy(address, koffi.as(data, 'void *'), data.byteLength, HOST_TO_DEVICE));
      settle('cudaMemcpy');
    },
    copyOut(data, address) {
      check('cudaMemcpy', copy(koffi.as(data, 'void *'), address, data.byteLength, DEVICE_TO_HOST));
    },
    fillZero(address, bytes) {
      check('cudaMemset', set(address, 0, bytes));
      settle('cudaMemset');
    },
    memory() {
      const [free, total]: [[unknown], [unknown]] = [[0], [0]];
      check('cudaMemGetInfo', memoryInfo(free, total));
      return { freeBytes: Number(free[0]), totalBytes: Number(total[0]) };
    },
  };
}

/** The loader's words; null when it loads. */
function loadFault(name: string): string | null {
  try {
    openLibrary(name);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
