// The border of the safetensors format.
export type { Header, TensorEntry } from './header.ts';
export { readSafetensors, readSafetensorsHeader, type Safetensors } from './read.ts';
export { safetensorsPieces, writeSafetensors } from './write.ts';
