// Tensors as graphs bind them, and the memory they lie in. A tensor is written and read through its memory alone, so that
// code above works the same where the host can see a tensor (CPU) and where it cannot (GPU).

import type { Pointer } from './c-api.ts';
export type TensorData = Float32Array | BigInt64Array;
export type TensorDType = 'float32' | 'int64';

export interface TensorSpec {
  readonly dtype: TensorDType;
  readonly shape: readonly number[];
}

export interface DeviceTensor extends TensorSpec {
  /** ONNX Runtime's OrtValue. */
  readonly value: Pointer;
}

/** ONNX's numbers of element types. */
export const ONNX_DTYPE = { float32: 1, int64: 7 } as const;
export const ELEMENT_BYTES = { float32: 4, int64: 8 } as const;

export const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** An array over part of a buffer. Buffers are made explicitly: small typed arrays live on V8's moving heap. */
export function viewOf(dtype: TensorDType, buffer: ArrayBuffer, byteOffset: number, count: number): TensorData {
  return dtype === 'float32'
    ? new Float32Array(buffer, byteOffset, count)
    : new BigInt64Array(buffer, byteOffset, count);
}
