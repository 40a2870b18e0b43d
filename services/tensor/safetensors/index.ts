// The border of the safetensors format.
export type { Dtype, Header, TensorEntry } from './header.ts';
export {
  checkReadable,
  type OpenSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  type Safetensors,
  withSafetensors,
} from './read.ts';
export { safetensorsPieces, writeSafetensors } from './write.ts';
