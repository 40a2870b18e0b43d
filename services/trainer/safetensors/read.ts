// Reads a safetensors file of F32 tensors into host memory, tensor by tensor, each into memory of its own.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { HostTensor } from '../engine/types.ts';
import { type Header, headerLength, invalid, LENGTH_BYTES, parseHeader } from './header.ts';

export interface Safetensors {
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Largest single read; Node refuses more than 2 GiB. */
const READ_BYTES = 1 << 30;

/**
 * @throws LatentSweepError DATA_MISSING when the file cannot be opened; WEIGHTS_INVALID naming file and tensor for a truncated file, a
 * bad header, a dtype other than F32, offsets that overlap or leave gaps, or a byte count that does not fit the shape
 */
export function readSafetensors(file: string): Safetensors {
  return withFile(file, (fd) => {
    const { header, dataStart } = readHeader(fd, file);
    const tensors = new Map<string, HostTensor>();
    for (const { name, shape, begin, end } of header.entries) {
      const data = new Float32Array((end - begin) / 4);
      readFully(fd, new Uint8Array(data.buffer), dataStart + begin, file);
      tensors.set(name, { shape, data });
    }
    return { tensors, metadata: header.metadata };
  });
}

/** Names, shapes and metadata only. Same errors as readSafetensors. */
export function readSafetensorsHeader(file: string): Header {
  return withFile(file, (fd) => readHeader(fd, file).header);
}

function readHeader(fd: number, file: string): { readonly header: Header; readonly dataStart: number } {
  const fileBytes = fstatSync(fd).size;
  const first = new Uint8Array(Math.min(LENGTH_BYTES, fileBytes));
  readFully(fd, first, 0, file);
  const length = headerLength(first, fileBytes, file);
  const json = new Uint8Array(length);
  readFully(fd, json, LENGTH_BYTES, file);
  const dataStart = LENGTH_BYTES + length;
  return { header: parseHeader(json, fileBytes - dataStart, file), dataStart };
}

function withFile<T>(file: string, use: (fd: number) => T): T {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (cause) {
    throw new LatentSweepError('DATA_MISSING', `${file} cannot be opened`, { file }, cause);
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function readFully(fd: number, into: Uint8Array, position: number, file: string): void {
  let done = 0;
  while (done < into.byteLength) {
    const read = readSync(fd, into, done, Math.min(into.byteLength - done, READ_BYTES), position + done);
    if (read === 0) throw invalid(file, `ends at byte ${position + done}: it is truncated`);
    done += read;
  }
}
