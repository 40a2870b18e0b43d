// Tensors in main memory: graphs of the CPU provider read and write what the host reads and writes. No copy is ever made.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { addressOf, type CApi, type Pointer } from './c-api.ts';
import { placeEndToEnd, StagedInputs } from './staged-inputs.ts';
import {
  countOf,
  type DeviceTensor,
  ELEMENT_BYTES,
  ONNX_DTYPE,
  type TensorData,
  type TensorMemory,
  type TensorSpec,
  viewOf,
} from './tensor.ts';

/** What ONNX Runtime's own allocator gives; equal alignment is part of equal bits. */
const ALIGNMENT_BYTES = 64;

export class HostMemory implements TensorMemory {
  readonly #api: CApi;
  readonly #info: Pointer;
  readonly #tensors = new Map<DeviceTensor, TensorData>();

  constructor(api: CApi, info: Pointer) {
    this.#api = api;
    this.#info = info;
  }

  create({ dtype, shape }: TensorSpec): DeviceTensor {
    const count = countOf(shape);
    const { buffer, start } = alignedBuffer(count * ELEMENT_BYTES[dtype]);
    return this.#wrap(dtype, shape, viewOf(dtype, buffer, start, count));
  }

  alias(tensor: DeviceTensor, offset: number, shape: readonly number[]): DeviceTensor {
    const whole = this.#dataOf(tensor);
    return this.#wrap(tensor.dtype, shape, whole.subarray(offset, offset + countOf(shape)));
  }

  stage(specs: ReadonlyMap<string, TensorSpec>): StagedInputs {
    const { placed, bytes } = placeEndToEnd(specs, ALIGNMENT_BYTES);
    const { buffer, start } = alignedBuffer(bytes);
    const tensors = new Map(
      placed.map(({ name, dtype, shape, byteOffset }) => [
        name,
        this.#wrap(dtype, shape, viewOf(dtype, buffer, start + byteOffset, countOf(shape))),
      ]),
    );
    return new StagedInputs(placed, {
      buffer,
      start,
      tensors,
      // the graph reads this very memory
      upload: () => undefined,
      release: () => {
        for (const tensor of tensors.values()) this.release(tensor);
      },
    });
  }

  write(tensor: DeviceTensor, data: TensorData, offset: number): void {
    const target = this.#dataOf(tensor);
    if (data instanceof Float32Array && target instanceof Float32Array) target.set(data, offset);
    else if (data instanceof BigInt64Array && target instanceof BigInt64Array) target.set(data, offset);
    else throw new LatentSweepError('INTERNAL', `a ${tensor.dtype} tensor was written with values of another type`);
  }

  read(tensor: DeviceTensor, offset: number, count: number): TensorData {
    return this.#dataOf(tensor).slice(offset, offset + count);
  }

  fillZero(tensor: DeviceTensor): void {
    const data = this.#dataOf(tensor);
    if (data instanceof Float32Array) data.fill(0);
    else data.fill(0n);
  }

  release(tensor: DeviceTensor): void {
    if (this.#tensors.delete(tensor)) this.#api.release('ReleaseValue', tensor.value);
  }

  releaseAll(): void {
    for (const tensor of [...this.#tensors.keys()]) this.release(tensor);
  }

  describe(): null {
    return null;
  }

  #wrap(dtype: TensorSpec['dtype'], shape: readonly number[], data: TensorData): DeviceTensor {
    const value = this.#api.create(
      'CreateTensorWithDataAsOrtValue',
      this.#info,
      data,
      data.byteLength,
      BigInt64Array.from(shape, BigInt),
      shape.length,
      ONNX_DTYPE[dtype],
    );
    const tensor: DeviceTensor = { dtype, shape, value };
    this.#tensors.set(tensor, data);
    return tensor;
  }

  #dataOf(tensor: DeviceTensor): TensorData {
    const data = this.#tensors.get(tensor);
    if (!data) throw new LatentSweepError('INTERNAL', 'a tensor of another runtime, or a released one, was used');
    return data;
  }
}

/** Aligned, since kernels sum in an order that depends on it. */
function alignedBuffer(bytes: number): { readonly buffer: ArrayBuffer; readonly start: number } {
  const buffer = new ArrayBuffer(bytes + 2 * ALIGNMENT_BYTES);
  const start = (ALIGNMENT_BYTES - Number(addressOf(buffer) % BigInt(ALIGNMENT_BYTES))) % ALIGNMENT_BYTES;
  return { buffer, start };
}
