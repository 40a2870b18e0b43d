// Tensors in main memory: graphs of the CPU provider read and write what the host reads and writes. No copy is ever made.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { addressOf, type CApi, type Pointer } from './c-api.ts';
import { OwnedTensors } from './owned-tensors.ts';
import { placeEndToEnd, StagedInputs } from './staged-inputs.ts';
import { countOf, type DeviceTensor, ELEMENT_BYTES, type TensorData, type TensorSpec, viewOf } from './tensor.ts';
import type { TensorMemory } from './tensor-memory.ts';

/** What ONNX Runtime's own allocator gives; equal alignment is part of equal bits. */
const ALIGNMENT_BYTES = 64;

export class HostMemory implements TensorMemory {
  readonly #info: Pointer;
  readonly #tensors: OwnedTensors<TensorData>;

  constructor(api: CApi, info: Pointer) {
    this.#info = info;
    this.#tensors = new OwnedTensors(api);
  }

  create(spec: TensorSpec): DeviceTensor {
    const count = countOf(spec.shape);
    const { buffer, start } = alignedBuffer(count * ELEMENT_BYTES[spec.dtype]);
    return this.#tensors.over(this.#info, spec, viewOf(spec.dtype, buffer, start, count));
  }

  alias(tensor: DeviceTensor, offset: number, shape: readonly number[]): DeviceTensor {
    const part = this.#tensors.placeOf(tensor).subarray(offset, offset + countOf(shape));
    return this.#tensors.over(this.#info, { dtype: tensor.dtype, shape }, part);
  }

  stage(specs: ReadonlyMap<string, TensorSpec>): StagedInputs {
    const { placed, bytes } = placeEndToEnd(specs, ALIGNMENT_BYTES);
    const { buffer, start } = alignedBuffer(bytes);
    const tensors = new Map(
      placed.map((one) => {
        const data = viewOf(one.dtype, buffer, start + one.byteOffset, countOf(one.shape));
        return [one.name, this.#tensors.over(this.#info, one, data)];
      }),
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
    const target = this.#tensors.placeOf(tensor);
    if (data instanceof Float32Array && target instanceof Float32Array) target.set(data, offset);
    else if (data instanceof BigInt64Array && target instanceof BigInt64Array) target.set(data, offset);
    else throw new LatentSweepError('INTERNAL', `a ${tensor.dtype} tensor was written with values of another type`);
  }

  read(tensor: DeviceTensor, offset: number, count: number): TensorData {
    return this.#tensors.placeOf(tensor).slice(offset, offset + count);
  }

  fillZero(tensor: DeviceTensor): void {
    const data = this.#tensors.placeOf(tensor);
    if (data instanceof Float32Array) data.fill(0);
    else data.fill(0n);
  }

  release(tensor: DeviceTensor): void {
    this.#tensors.release(tensor);
  }

  releaseAll(): void {
    this.#tensors.releaseAll();
  }

  describe(): null {
    return null;
  }
}

/** Aligned, since kernels sum in an order that depends on it. */
function alignedBuffer(bytes: number): { readonly buffer: ArrayBuffer; readonly start: number } {
  const buffer = new ArrayBuffer(bytes + 2 * ALIGNMENT_BYTES);
  const start = (ALIGNMENT_BYTES - Number(addressOf(buffer) % BigInt(ALIGNMENT_BYTES))) % ALIGNMENT_BYTES;
  return { buffer, start };
}
