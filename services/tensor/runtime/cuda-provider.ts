// Whether the CUDA provider lies beside ONNX Runtime, in the version that belongs to it, and how sessions ask for it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type CApi, libraryFolder, PINNED_VERSION, type Pointer } from './c-api.ts';

export interface CudaOptions {
  /** Matrix products of fp32 tensors with 10 bits of mantissa; off for parity. NVIDIA_TF32_OVERRIDE=0 turns it off too. */
  readonly tf32: boolean;
  /** What all sessions and tensors of the process may take together; null: what the device has. */
  readonly memoryLimitBytes: number | null;
  /** A session's launches recorded once and replayed as one; each session then keeps workspace of its own. */
  readonly graphCapture: boolean;
}

export const CUDA_DEFAULTS: CudaOptions = { tf32: true, memoryLimitBytes: null, graphCapture: false };

const LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
/** Written by `npm run install:cuda`: `{ "version": "1.29.0" }`. */
const RECORD = 'onnxruntime-cuda.json';
const REMEDY =
  'Run npm run install:cuda on this machine (of an installed package: node dist/infra/install/install-cuda.mjs in its folder)';

/** @throws LatentSweepError CONFIG_INVALID or RUNTIME_VERSION with what to run */
export function checkCudaProvider(): void {
  const folder = libraryFolder();
  const missing = [...LIBRARIES, RECORD].find((name) => !existsSync(join(folder, name)));
  if (missing !== undefined) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `device: cuda needs ONNX Runtime's CUDA provider; ${missing} is not in ${folder}. ${REMEDY}`,
      { key: 'device', value: 'cuda' },
    );
  }
  const text = readFileSync(join(folder, RECORD), 'utf8');
  const version = /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? 'unknown';
  if (version === PINNED_VERSION) return;
  throw new LatentSweepError(
    'RUNTIME_VERSION',
    `the CUDA provider is of version ${version}, ONNX Runtime of ${PINNED_VERSION}. ${REMEDY}`,
    { version },
  );
}

/** Adds the provider to a session's options; a node without a CUDA kernel makes the session's creation fail. */
export function appendCudaProvider(api: CApi, settings: Pointer, { tf32, graphCapture }: CudaOptions): void {
  const options = api.create('CreateCUDAProviderOptions');
  try {
    const entries = {
      // slots choose a device by CUDA_VISIBLE_DEVICES
      device_id: '0',
      use_tf32: tf32 ? '1' : '0',
      arena_extend_strategy: 'kSameAsRequested',
      enable_cuda_graph: graphCapture ? '1' : '0',
    };
    const [keys, values] = [Object.keys(entries), Object.values(entries)];
    api.call('UpdateCUDAProviderOptions', options, keys, values, keys.length);
    api.call('SessionOptionsAppendExecutionProvider_CUDA_V2', settings, options);
  } finally {
    api.release('ReleaseCUDAProviderOptions', options);
  }
  api.call('AddSessionConfigEntry', settings, 'session.disable_cpu_ep_fallback', '1');
}
