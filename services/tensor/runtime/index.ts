// The border of the runtime: sessions and tensors in place.
export { PINNED_VERSION } from './c-api.ts';
export type { CudaOptions } from './cuda-provider.ts';
export type { HostTensor, NamedTensors } from './host-tensor.ts';
export { type Binding, Runtime, type RuntimeOptions, type Session } from './runtime.ts';
export type { StagedInputs } from './staged-inputs.ts';
export type { DeviceTensor, TensorData, TensorSpec } from './tensor.ts';
