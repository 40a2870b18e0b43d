// The border of the runtime: sessions and tensors in place.
export { PINNED_VERSION } from './c-api.ts';
export {
  type Binding,
  type DeviceTensor,
  Runtime,
  type RuntimeOptions,
  type Session,
  type TensorData,
} from './runtime.ts';
