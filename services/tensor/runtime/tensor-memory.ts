// The memory that tensors lie in, host or device, as the code above sees it.

import type { StagedInputs } from './staged-inputs.ts';
import type { DeviceTensor, TensorData, TensorSpec } from './tensor.ts';

export interface TensorMemory {
  /** Zero-filled memory of its own. */
  create(spec: TensorSpec): DeviceTensor;
  /** A tensor over part of another one's memory, starting at element `offset`. */
  alias(tensor: DeviceTensor, offset: number, shape: readonly number[]): DeviceTensor;
  /** Tensors that the host fills before runs: one copy brings all of them to the device. */
  stage(specs: ReadonlyMap<string, TensorSpec>): StagedInputs;
  /** Copies `data` into a tensor, from element `offset` on. */
  write(tensor: DeviceTensor, data: TensorData, offset: number): void;
  /** A copy of `count` elements from element `offset` on. */
  read(tensor: DeviceTensor, offset: number, count: number): TensorData;
  fillZero(tensor: DeviceTensor): void;
  release(tensor: DeviceTensor): void;
  releaseAll(): void;
  /** What is free and what there is, for messages; null where the host's own tools tell. */
  describe(): string | null;
}
