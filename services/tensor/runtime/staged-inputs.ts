// What the host gives a graph before a run: arrays that lie end to end in one block, so that a GPU gets them in one copy.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { countOf, type DeviceTensor, ELEMENT_BYTES, type TensorData, type TensorSpec, viewOf } from './tensor.ts';

export interface Placed extends TensorSpec {
  readonly name: string;
  readonly byteOffset: number;
}

/** Places tensors one after the other, each at a multiple of `alignment` bytes. */
export function placeEndToEnd(
  specs: ReadonlyMap<string, TensorSpec>,
  alignment: number,
): { readonly placed: readonly Placed[]; readonly bytes: number } {
  let bytes = 0;
  const placed = [...specs].map(([name, { dtype, shape }]) => {
    const byteOffset = bytes;
    bytes += Math.ceil((countOf(shape) * ELEMENT_BYTES[dtype]) / alignment) * alignment;
    return { name, dtype, shape, byteOffset };
  });
  return { placed, bytes };
}

interface Block {
  readonly buffer: ArrayBuffer;
  /** Where the block begins in the buffer. */
  readonly start: number;
  readonly tensors: ReadonlyMap<string, DeviceTensor>;
  upload(): void;
  release(): void;
}

export class StagedInputs {
  /** What graphs bind. */
  readonly tensors: ReadonlyMap<string, DeviceTensor>;
  readonly #block: Block;
  readonly #views: ReadonlyMap<string, TensorData>;

  constructor(placed: readonly Placed[], block: Block) {
    this.tensors = block.tensors;
    this.#block = block;
    this.#views = new Map(
      placed.map(({ name, dtype, shape, byteOffset }) => [
        name,
        viewOf(dtype, block.buffer, block.start + byteOffset, countOf(shape)),
      ]),
    );
  }

  /** Runs see it after the next upload. */
  write(name: string, values: TensorData | undefined): void {
    const view = this.#views.get(name);
    if (!view || values?.length !== view.length) {
      throw new LatentSweepError('INTERNAL', `array ${name} has ${values?.length} of ${view?.length} elements`);
    }
    if (values instanceof Float32Array && view instanceof Float32Array) view.set(values);
    else if (values instanceof BigInt64Array && view instanceof BigInt64Array) view.set(values);
    else throw new LatentSweepError('INTERNAL', `array ${name} has the wrong type`);
  }

  upload(): void {
    this.#block.upload();
  }

  release(): void {
    this.#block.release();
  }
}
