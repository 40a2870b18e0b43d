// Tensors on a CUDA device, out of the arena that sessions share. The host writes and reads them by copies, each counted in the
// budgets of test/cuda-stub: state crosses the bus at load, checkpoint and reset only.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { CApi, Pointer } from './c-api.ts';
import type { Cudart } from './cudart.ts';
import type { DeviceArena } from './environment.ts';
import { OwnedTensors } from './owned-tensors.ts';
import { placeEndToEnd, StagedInputs } from './staged-inputs.ts';
import {
  countOf,
  type DeviceTensor,
  ELEMENT_BYTES,
  ONNX_DTYPE,
  type TensorData,
  type TensorSpec,
  viewOf,
} from './tensor.ts';
import type { TensorMemory } from './tensor-memory.ts';

/** What cudaMalloc gives; vectorised kernels need 16 bytes. */
const ALIGNMENT_BYTES = 256;

export class CudaMemory implements TensorMemory {
  readonly #api: CApi;
  readonly #cudart: Cudart;
  readonly #arena: DeviceArena;
  readonly #tensors: OwnedTensors<Pointer>;

  constructor(api: CApi, cudart: Cudart, arena: DeviceArena) {
    this.#api = api;
    this.#cudart = cudart;
    this.#arena = arena;
    this.#tensors = new OwnedTensors(api);
  }

  create({ dtype, shape }: TensorSpec): DeviceTensor {
    const value = this.#api.create(
      'CreateTensorAsOrtValue',
      this.#arena.allocator,
      BigInt64Array.from(shape, BigInt),
      shape.length,
      ONNX_DTYPE[dtype],
    );
    const tensor = this.#tensors.add({ dtype, shape, value }, this.#api.create('GetTensorMutableData', value));
    this.fillZero(tensor);
    return tensor;
  }

  alias(tensor: DeviceTensor, offset: number, shape: readonly number[]): DeviceTensor {
    const address = this.#tensors.placeOf(tensor) + BigInt(offset * ELEMENT_BYTES[tensor.dtype]);
    return this.#tensors.over(this.#arena.memory, { dtype: tensor.dtype, shape }, address);
  }

  stage(specs: ReadonlyMap<string, TensorSpec>): StagedInputs {
    const { placed, bytes } = placeEndToEnd(specs, ALIGNMENT_BYTES);
    const buffer = new ArrayBuffer(bytes);
    const block = this.create({ dtype: 'float32', shape: [Math.max(1, bytes / ELEMENT_BYTES.float32)] });
    const address = this.#tensors.placeOf(block);
    const tensors = new Map(
      placed.map((one) => [one.name, this.#tensors.over(this.#arena.memory, one, address + BigInt(one.byteOffset))]),
    );
    const whole = new Uint8Array(buffer);
    return new StagedInputs(placed, {
      buffer,
      start: 0,
      tensors,
      upload: () => {
        if (bytes > 0) this.#cudart.copyIn(address, whole);
      },
      release: () => {
        for (const tensor of tensors.values()) this.release(tensor);
        this.release(block);
      },
    });
  }

  write(tensor: DeviceTensor, data: TensorData, offset: number): void {
    if ((tensor.dtype === 'float32') !== data instanceof Float32Array) {
      throw new LatentSweepError('INTERNAL', `a ${tensor.dtype} tensor was written with values of another type`);
    }
    if (data.length > 0)
      this.#cudart.copyIn(this.#tensors.placeOf(tensor) + BigInt(offset * data.BYTES_PER_ELEMENT), data);
  }

  read(tensor: DeviceTensor, offset: number, count: number): TensorData {
    const width = ELEMENT_BYTES[tensor.dtype];
    const data = viewOf(tensor.dtype, new ArrayBuffer(count * width), 0, count);
    if (count > 0) this.#cudart.copyOut(data, this.#tensors.placeOf(tensor) + BigInt(offset * width));
    return data;
  }

  fillZero(tensor: DeviceTensor): void {
    const bytes = countOf(tensor.shape) * ELEMENT_BYTES[tensor.dtype];
    if (bytes > 0) this.#cudart.fillZero(this.#tensors.placeOf(tensor), bytes);
  }

  release(tensor: DeviceTensor): void {
    this.#tensors.release(tensor);
  }

  releaseAll(): void {
    this.#tensors.releaseAll();
  }

  describe(): string {
    const { freeBytes, totalBytes } = this.#cudart.memory();
    const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
    return `the device has ${mebibytes(freeBytes)} free of ${mebibytes(totalBytes)}`;
  }
}
