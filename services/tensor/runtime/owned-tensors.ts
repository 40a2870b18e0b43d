// The tensors that a runtime has made and not yet released, and where each has its values: in an array of the host, or at an address of a device.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { CApi, Pointer } from './c-api.ts';
import { countOf, type DeviceTensor, ELEMENT_BYTES, ONNX_DTYPE, type TensorData, type TensorSpec } from './tensor.ts';

export class OwnedTensors<Place extends TensorData | Pointer> {
  readonly #api: CApi;
  readonly #places = new Map<DeviceTensor, Place>();

  constructor(api: CApi) {
    this.#api = api;
  }

  /** A tensor over values that lie there already. @param memory ONNX Runtime's description of the memory they lie in */
  over(memory: Pointer, { dtype, shape }: TensorSpec, place: Place): DeviceTensor {
    const value = this.#api.create(
      'CreateTensorWithDataAsOrtValue',
      memory,
      place,
      countOf(shape) * ELEMENT_BYTES[dtype],
      BigInt64Array.from(shape, BigInt),
      shape.length,
      ONNX_DTYPE[dtype],
    );
    return this.add({ dtype, shape, value }, place);
  }

  add(tensor: DeviceTensor, place: Place): DeviceTensor {
    this.#places.set(tensor, place);
    return tensor;
  }

  /** @throws LatentSweepError INTERNAL for a tensor that is not, or no longer, owned */
  placeOf(tensor: DeviceTensor): Place {
    const place = this.#places.get(tensor);
    if (place === undefined) {
      throw new LatentSweepError('INTERNAL', 'a tensor of another runtime, or a released one, was used');
    }
    return place;
  }

  release(tensor: DeviceTensor): void {
    if (this.#places.delete(tensor)) this.#api.release('ReleaseValue', tensor.value);
  }

  releaseAll(): void {
    for (const tensor of [...this.#places.keys()]) this.release(tensor);
  }
}
