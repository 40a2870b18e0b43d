// Sessions and tensors of ONNX Runtime with everything bound in place: a tensor is memory that graphs read and write
// where it lies. All calls block the thread. CPU provider.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { addressOf, loadCApi, type Pointer } from './c-api.ts';
import { sharedEnvironment } from './environment.ts';

export type TensorData = Float32Array | BigInt64Array;

export interface DeviceTensor {
  readonly dtype: 'float32' | 'int64';
  readonly shape: readonly number[];
  /** The tensor's own memory: what is written here is what the next run reads. */
  readonly data: TensorData;
  readonly value: Pointer;
}

export interface Binding {
  input(name: string, tensor: DeviceTensor): void;
  /** The same tensor may be input and output of a binding: it is then updated in place. */
  output(name: string, tensor: DeviceTensor): void;
  run(): void;
  release(): void;
}

export interface Session {
  bind(): Binding;
  release(): void;
}

export interface RuntimeOptions {
  readonly device: 'cpu' | 'cuda';
  /** Threads of one operator; part of what makes bits repeat (engine.md rule 15). */
  readonly threads: number;
}

const DTYPE = { float32: 1, int64: 7 } as const;
/** What ONNX Runtime's own allocator gives; equal alignment is part of equal bits. */
const ALIGNMENT_BYTES = 64;
const BASIC_OPTIMISATION = 1;

export class Runtime {
  readonly #api = loadCApi();
  readonly #memory: Pointer;
  readonly #environment: Pointer;
  readonly #threads: number;
  readonly #tensors = new Set<DeviceTensor>();

  constructor(options: RuntimeOptions) {
    if (options.device !== 'cpu') {
      throw new LatentSweepError('CONFIG_INVALID', `device ${options.device} is not available in this build`, {
        key: 'device',
      });
    }
    this.#memory = this.#api.create('CreateCpuMemoryInfo', 1, 0);
    this.#environment = sharedEnvironment(this.#api, this.#memory);
    this.#threads = options.threads;
  }

  get version(): string {
    return this.#api.version;
  }

  /** Zero-filled memory of its own. */
  createTensor(dtype: 'float32' | 'int64', shape: readonly number[]): DeviceTensor {
    const count = shape.reduce((a, b) => a * b, 1);
    const width = dtype === 'float32' ? 4 : 8;
    // an explicit buffer (small typed arrays live on V8's moving heap), and aligned: kernels sum in an order that depends on it
    const buffer = new ArrayBuffer(count * width + 2 * ALIGNMENT_BYTES);
    const offset = (ALIGNMENT_BYTES - Number(addressOf(buffer) % BigInt(ALIGNMENT_BYTES))) % ALIGNMENT_BYTES;
    const data =
      dtype === 'float32' ? new Float32Array(buffer, offset, count) : new BigInt64Array(buffer, offset, count);
    return this.#wrap(dtype, shape, data);
  }

  /** A tensor over part of another one's memory, starting at element `offset`. */
  alias(tensor: DeviceTensor, offset: number, shape: readonly number[]): DeviceTensor {
    const count = shape.reduce((a, b) => a * b, 1);
    if (offset < 0 || offset + count > tensor.data.length) {
      throw new LatentSweepError(
        'SHAPE_MISMATCH',
        `alias of ${count} elements at ${offset} leaves ${tensor.data.length} elements`,
      );
    }
    return this.#wrap(tensor.dtype, shape, tensor.data.subarray(offset, offset + count));
  }

  #wrap(dtype: 'float32' | 'int64', shape: readonly number[], data: TensorData): DeviceTensor {
    const dimensions = BigInt64Array.from(shape, BigInt);
    const value = this.#api.create(
      'CreateTensorWithDataAsOrtValue',
      this.#memory,
      data,
      data.byteLength,
      dimensions,
      shape.length,
      DTYPE[dtype],
    );
    const tensor: DeviceTensor = { dtype, shape, data, value };
    this.#tensors.add(tensor);
    return tensor;
  }

  releaseTensor(tensor: DeviceTensor): void {
    if (this.#tensors.delete(tensor)) this.#api.release('ReleaseValue', tensor.value);
  }

  createSession(model: Uint8Array, options: { readonly profilePrefix?: string } = {}): Session {
    const api = this.#api;
    const settings = api.create('CreateSessionOptions');
    api.call('SetIntraOpNumThreads', settings, this.#threads);
    api.call('SetInterOpNumThreads', settings, 1);
    // idle threads must not take cores from other trainers of the machine
    api.call('AddSessionConfigEntry', settings, 'session.intra_op.allow_spinning', '0');
    // planned blocks of one shape cannot be reused by the next: without them many shapes take 40 % less memory, at the same speed
    api.call('DisableMemPattern', settings);
    api.call('SetSessionGraphOptimizationLevel', settings, BASIC_OPTIMISATION);
    api.call('AddSessionConfigEntry', settings, 'session.use_env_allocators', '1');
    if (options.profilePrefix !== undefined) api.call('EnableProfiling', settings, options.profilePrefix);
    const session = this.#openSession(model, settings);
    return {
      bind() {
        const binding = api.create('CreateIoBinding', session);
        return {
          input: (name, tensor) => api.call('BindInput', binding, name, tensor.value),
          output: (name, tensor) => api.call('BindOutput', binding, name, tensor.value),
          run: () => api.call('RunWithBinding', session, null, binding),
          release: () => api.release('ReleaseIoBinding', binding),
        };
      },
      release: () => api.release('ReleaseSession', session),
    };
  }

  #openSession(model: Uint8Array, settings: Pointer): Pointer {
    try {
      return this.#api.create('CreateSessionFromArray', this.#environment, model, model.byteLength, settings);
    } finally {
      this.#api.release('ReleaseSessionOptions', settings);
    }
  }

  /** Frees every tensor made here; sessions are released by who made them. */
  releaseAll(): void {
    for (const tensor of [...this.#tensors]) this.releaseTensor(tensor);
  }
}
