// Sessions and tensors of ONNX Runtime with everything bound in place: a tensor is memory that graphs read and write
// where it lies, on the host or on a CUDA device. All calls block the thread.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { Graph, neg } from '../graph/index.ts';
import { emitModel } from '../onnx/index.ts';
import { type CApi, loadCApi, type Pointer } from './c-api.ts';
import { CudaMemory } from './cuda-memory.ts';
import { appendCudaProvider, CUDA_DEFAULTS, type CudaOptions, checkCudaProvider } from './cuda-provider.ts';
import { loadCudart } from './cudart.ts';
import { type DeviceArena, type Environment, sharedCudaArena, sharedEnvironment, type Threads } from './environment.ts';
import { HostMemory } from './host-memory.ts';
import type { StagedInputs } from './staged-inputs.ts';
import { countOf, type DeviceTensor, type TensorData, type TensorDType, type TensorSpec } from './tensor.ts';
import type { TensorMemory } from './tensor-memory.ts';

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

export interface SessionOptions {
  /** Where a Chrome trace of every node is written when the session is released. */
  readonly profilePrefix?: string;
  /** Where the graph is written as ONNX Runtime runs it, with the nodes it inserted. */
  readonly optimizedModelFile?: string;
}

export interface RuntimeOptions {
  readonly device: 'cpu' | 'cuda';
  /** Threads of one operator; part of what makes bits repeat (docs/design/engine.md section 3, rule 15). */
  readonly threads: number;
  /** Whether these threads spin between operators, which only pays where nobody else needs their cores. Absent: false. */
  readonly exclusiveCores?: boolean;
  /** For device cuda; left out: CUDA_DEFAULTS. */
  readonly cuda?: Partial<CudaOptions>;
}

const BASIC_OPTIMISATION = 1;

export class Runtime {
  readonly #api: CApi;
  readonly #environment: Environment;
  readonly #memory: TensorMemory;
  readonly #threads: Threads;
  /** null on the CPU. */
  readonly #cuda: CudaOptions | null;

  /** @throws LatentSweepError CONFIG_INVALID with what to install when the device cannot be used here */
  constructor({ device, threads, exclusiveCores = false, cuda = {} }: RuntimeOptions) {
    this.#cuda = device === 'cuda' ? { ...CUDA_DEFAULTS, ...cuda } : null;
    const cudart = this.#cuda && openCuda();
    this.#api = loadCApi();
    const hostInfo = this.#api.create('CreateCpuMemoryInfo', 1, 0);
    this.#threads = { count: threads, spin: exclusiveCores };
    this.#environment = sharedEnvironment(this.#api, hostInfo, this.#threads);
    this.#memory =
      cudart && this.#cuda
        ? new CudaMemory(this.#api, cudart, this.#cudaArena(this.#cuda))
        : new HostMemory(this.#api, hostInfo);
  }

  #cudaArena(options: CudaOptions): DeviceArena {
    return sharedCudaArena(this.#api, this.#environment.pointer, options.memoryLimitBytes, () =>
      this.#openSession(smallestModel(), { ...options, graphCapture: false }, {}),
    );
  }

  get version(): string {
    return this.#api.version;
  }

  /** Zero-filled memory of its own. */
  createTensor(dtype: TensorDType, shape: readonly number[]): DeviceTensor {
    return this.#explained(() => this.#memory.create({ dtype, shape }));
  }

  /** A tensor over part of another one's memory, starting at element `offset`. */
  alias(tensor: DeviceTensor, offset: number, shape: readonly number[]): DeviceTensor {
    checkRange('alias', tensor, offset, countOf(shape));
    return this.#memory.alias(tensor, offset, shape);
  }

  /** Tensors that the host fills before runs: one copy brings all of them to the device. */
  stageInputs(specs: ReadonlyMap<string, TensorSpec>): StagedInputs {
    return this.#explained(() => this.#memory.stage(specs));
  }

  /** Copies `data` into a tensor, from element `offset` on. */
  write(tensor: DeviceTensor, data: TensorData, offset = 0): void {
    checkRange('write', tensor, offset, data.length);
    this.#memory.write(tensor, data, offset);
  }

  /** A copy of `count` elements from element `offset` on. */
  read(tensor: DeviceTensor, offset = 0, count = countOf(tensor.shape) - offset): TensorData {
    checkRange('read', tensor, offset, count);
    return this.#memory.read(tensor, offset, count);
  }

  fillZero(tensor: DeviceTensor): void {
    this.#memory.fillZero(tensor);
  }

  releaseTensor(tensor: DeviceTensor): void {
    this.#memory.release(tensor);
  }

  createSession(model: Uint8Array, options: SessionOptions = {}): Session {
    const api = this.#api;
    const session = this.#explained(() => this.#openSession(model, this.#cuda, options));
    return {
      bind: () => {
        const binding = api.create('CreateIoBinding', session);
        return {
          input: (name, tensor) => api.call('BindInput', binding, name, tensor.value),
          output: (name, tensor) => api.call('BindOutput', binding, name, tensor.value),
          run: () => this.#explained(() => api.call('RunWithBinding', session, null, binding)),
          release: () => api.release('ReleaseIoBinding', binding),
        };
      },
      release: () => api.release('ReleaseSession', session),
    };
  }

  #openSession(
    model: Uint8Array,
    cuda: CudaOptions | null,
    { profilePrefix, optimizedModelFile }: SessionOptions,
  ): Pointer {
    const api = this.#api;
    const settings = api.create('CreateSessionOptions');
    try {
      this.#chooseThreads(settings);
      // planned blocks of one shape cannot be reused by the next: without them many shapes take 40 % less memory, at the same speed
      api.call('DisableMemPattern', settings);
      api.call('SetSessionGraphOptimizationLevel', settings, BASIC_OPTIMISATION);
      // a captured graph writes to the same workspace at every replay: it must not be given to anyone else between them
      if (cuda?.graphCapture !== true) api.call('AddSessionConfigEntry', settings, 'session.use_env_allocators', '1');
      if (cuda) appendCudaProvider(api, settings, cuda);
      if (profilePrefix !== undefined) api.call('EnableProfiling', settings, profilePrefix);
      if (optimizedModelFile !== undefined) api.call('SetOptimizedModelFilePath', settings, optimizedModelFile);
      return api.create('CreateSessionFromArray', this.#environment.pointer, model, model.byteLength, settings);
    } finally {
      api.release('ReleaseSessionOptions', settings);
    }
  }

  /** The process's threads where they are what this runtime asks for, else threads of the session's own: never silently other ones. */
  #chooseThreads(settings: Pointer): void {
    const { count, spin } = this.#threads;
    const shared = this.#environment.threads;
    if (shared.count === count && shared.spin === spin) {
      this.#api.call('DisablePerSessionThreads', settings);
      return;
    }
    this.#api.call('SetIntraOpNumThreads', settings, count);
    this.#api.call('SetInterOpNumThreads', settings, 1);
    this.#api.call('AddSessionConfigEntry', settings, 'session.intra_op.allow_spinning', spin ? '1' : '0');
  }

  /** Adds to an out-of-memory error what there is; ONNX Runtime's words say what was asked. */
  #explained<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const there =
        error instanceof LatentSweepError && error.code === 'OUT_OF_MEMORY' ? this.#memory.describe() : null;
      if (!(error instanceof LatentSweepError) || there === null) throw error;
      const words = error.message.replace(/^OUT_OF_MEMORY: /, '');
      throw new LatentSweepError('OUT_OF_MEMORY', `${words}; ${there}`, error.details, error);
    }
  }

  /** Frees every tensor made here; sessions are released by who made them. */
  releaseAll(): void {
    this.#memory.releaseAll();
  }
}

function openCuda() {
  checkCudaProvider();
  return loadCudart();
}

function checkRange(what: string, { shape }: DeviceTensor, offset: number, count: number): void {
  const size = countOf(shape);
  if (offset >= 0 && offset + count <= size) return;
  throw new LatentSweepError('SHAPE_MISMATCH', `${what} of ${count} elements at ${offset} leaves ${size} elements`);
}

function smallestModel(): Uint8Array {
  const graph = new Graph();
  graph.output('y', neg(graph.input('x', 'float32', [1])));
  return emitModel(graph, 'smallest');
}
