// Reads safetensors into host memory, tensor by tensor, each into memory of its own: no copy of a whole file is ever made.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { HostTensor } from '../runtime/index.ts';
import {
  type Dtype,
  type Header,
  headerLength,
  invalid,
  LENGTH_BYTES,
  parseHeader,
  type TensorEntry,
} from './header.ts';
import { widenBf16, widenF16 } from './widen.ts';

export interface Safetensors {
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A file whose header has been read and checked; valid inside `withSafetensors` only. */
export interface OpenSafetensors {
  readonly header: Header;
  /** F32 as it is; F16 and BF16 as fp32, exactly. @throws LatentSweepError WEIGHTS_INVALID for any other dtype */
  readonly read: (entry: TensorEntry) => HostTensor;
  /** Elements `from` to `from + into.length` of the tensor, in its own order; errors as `read`. */
  readonly readPart: (entry: TensorEntry, from: number, into: Float32Array) => void;
}

/** Largest single read; Node refuses more than 2 GiB. */
const READ_BYTES = 1 << 30;
/** Half-precision numbers widened at a time: stays in the cache. */
const WIDEN_COUNT = 1 << 19;

/**
 * @throws LatentSweepError DATA_MISSING when the file cannot be opened; WEIGHTS_INVALID naming file and tensor for a truncated file, a
 * bad header, a dtype other than F32, offsets that overlap or leave gaps, or a byte count that does not fit the shape
 */
export function readSafetensors(file: string): Safetensors {
  return withSafetensors(file, ({ header, read }) => {
    const half = header.entries.find(({ dtype }) => dtype !== 'F32');
    if (half) throw invalid(file, `holds tensor ${half.name} as ${half.dtype}; only F32 is read`, half.name);
    return { tensors: new Map(header.entries.map((entry) => [entry.name, read(entry)])), metadata: header.metadata };
  });
}

/** Opens the file, reads its header and gives access to its tensors one by one. Errors of the file as in readSafetensors. */
export function withSafetensors<T>(file: string, use: (open: OpenSafetensors) => T): T {
  return withFile(file, (fd) => {
    const { header, dataStart } = readHeader(fd, file);
    const readPart: OpenSafetensors['readPart'] = (entry, from, into) =>
      readElements(fd, dataStart, entry, from, into, file);
    const read = (entry: TensorEntry): HostTensor => {
      const data = new Float32Array(entry.shape.reduce((product, length) => product * length, 1));
      readPart(entry, 0, data);
      return { shape: entry.shape, data };
    };
    return use({ header, read, readPart });
  });
}

function readElements(
  fd: number,
  dataStart: number,
  entry: TensorEntry,
  from: number,
  into: Float32Array,
  file: string,
): void {
  const { dtype, begin } = entry;
  const position = dataStart + begin;
  switch (dtype) {
    case 'F32':
      readFully(fd, new Uint8Array(into.buffer, into.byteOffset, into.byteLength), position + 4 * from, file);
      return;
    case 'F16':
    case 'BF16': {
      const widen = dtype === 'F16' ? widenF16 : widenBf16;
      const halves = new Uint16Array(Math.min(WIDEN_COUNT, into.length));
      for (let done = 0; done < into.length; done += halves.length) {
        const part = halves.subarray(0, Math.min(halves.length, into.length - done));
        readFully(fd, new Uint8Array(part.buffer, 0, part.byteLength), position + 2 * (from + done), file);
        widen(part, into.subarray(done, done + part.length));
      }
      return;
    }
    default:
      throw notRead(entry, file);
  }
}

/** Whether a tensor can be read, before it is. @throws LatentSweepError WEIGHTS_INVALID */
export function checkReadable(entry: TensorEntry, file: string): void {
  if (!READ_DTYPES.includes(entry.dtype)) throw notRead(entry, file);
}

const READ_DTYPES: readonly Dtype[] = ['F32', 'F16', 'BF16'];

const notRead = ({ name, dtype }: TensorEntry, file: string): LatentSweepError =>
  invalid(file, `holds tensor ${name} as ${dtype}; F32, F16 and BF16 are read`, name);

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
