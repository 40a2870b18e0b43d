// Writes F32 safetensors piece by piece: the header first, then every tensor's own memory, so that no second copy of the
// weights is ever made. Files are opened, synced and renamed by the caller. Little-endian machines only, as ONNX Runtime.

import { writeSync } from 'node:fs';
import type { HostTensor, NamedTensors } from '../runtime/index.ts';
import { encodeHeader, type TensorEntry } from './header.ts';

/** Largest single write; Node refuses more than 2 GiB. */
const WRITE_BYTES = 1 << 30;

/**
 * The bytes of the file, in order, as views of the tensors' own memory (hash them, write them, do not change them).
 * Tensors lie in the order of the map: equal maps give equal bytes.
 */
export function* safetensorsPieces(
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string> = new Map(),
): Generator<Uint8Array> {
  const entries: TensorEntry[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    entries.push({ name, dtype: 'F32', shape, begin: offset, end: offset + data.byteLength });
    offset += data.byteLength;
  }
  yield encodeHeader(entries, metadata);
  for (const tensor of tensors.values()) yield bytesOf(tensor);
}

/** Writes the whole file at the current position of `fd`; returns its length in bytes. File system errors pass through. */
export function writeSafetensors(
  fd: number,
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string> = new Map(),
): number {
  let total = 0;
  for (const piece of safetensorsPieces(tensors, metadata)) {
    let done = 0;
    while (done < piece.byteLength) done += writeSync(fd, piece, done, Math.min(piece.byteLength - done, WRITE_BYTES));
    total += piece.byteLength;
  }
  return total;
}

function bytesOf({ data }: HostTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
