// The header of a safetensors file: 8 bytes of length, then JSON that names every tensor's dtype, shape and bytes.
// Everything a file claims is checked before a byte of data is believed; every refusal names the file and the tensor.
// Format: https://github.com/huggingface/safetensors ("Format"). Only F32 is written here; which dtypes are read is the reader's choice.

import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

/** Bytes before the header: its length as a little-endian uint64. */
export const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

/** Bytes of one element of every dtype whose elements are whole bytes. */
const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof DTYPE_BYTES;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte offsets into the data part, `end` excluded. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In order of their bytes; they cover the data part without gap or overlap. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.strictObject({ dtype: z.string(), shape: z.array(size), data_offsets: z.tuple([size, size]) });
const metadataSchema = z.record(z.string(), z.string());

/** @throws LatentSweepError WEIGHTS_INVALID when the length cannot be the length of a header in a file of `fileBytes` */
export function headerLength(first: Uint8Array, fileBytes: number, file: string): number {
  if (first.byteLength < LENGTH_BYTES) throw invalid(file, `has ${fileBytes} bytes: it is truncated`);
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) throw invalid(file, `claims a header of ${length} bytes: it is no safetensors file`);
  if (Number(length) > fileBytes - LENGTH_BYTES) {
    throw invalid(file, `has ${fileBytes} bytes but claims a header of ${length}: it is truncated`);
  }
  return Number(length);
}

/** @throws LatentSweepError WEIGHTS_INVALID for anything but a sound header over exactly `dataBytes` of data */
export function parseHeader(json: Uint8Array, dataBytes: number, file: string): Header {
  const fields = parseObject(json, file);
  const metadata = metadataSchema.safeParse(fields.get(METADATA) ?? {});
  if (!metadata.success) throw invalid(file, 'has metadata that is not text by name');
  const entries = [...fields]
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => parseEntry(name, value, file));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCover(entries, dataBytes, file);
  return { entries, metadata: new Map(Object.entries(metadata.data)) };
}

function parseObject(json: Uint8Array, file: string): ReadonlyMap<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw invalid(file, 'has a header that is not JSON', null, cause);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw invalid(file, 'has a header that is not a JSON object');
  return new Map<string, unknown>(Object.entries(parsed));
}

function parseEntry(name: string, value: unknown, file: string): TensorEntry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw invalid(file, `has a broken header entry for tensor ${name}`, name);
  const { dtype, shape, data_offsets } = parsed.data;
  if (!isDtype(dtype)) throw invalid(file, `holds tensor ${name} as ${dtype}, which is not known here`, name);
  const [begin, end] = data_offsets;
  const needed = DTYPE_BYTES[dtype] * shape.reduce((product, length) => product * length, 1);
  if (end - begin !== needed) {
    throw invalid(
      file,
      `gives tensor ${name} ${end - begin} bytes; its shape [${shape.join(', ')}] needs ${needed}`,
      name,
    );
  }
  return { name, dtype, shape, begin, end };
}

const isDtype = (text: string): text is Dtype => Object.hasOwn(DTYPE_BYTES, text);

function checkCover(entries: readonly TensorEntry[], dataBytes: number, file: string): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin < covered) throw invalid(file, `lets tensor ${name} overlap another one at byte ${begin}`, name);
    if (begin > covered) throw invalid(file, `leaves a gap of ${begin - covered} bytes before tensor ${name}`, name);
    if (end > dataBytes)
      throw invalid(file, `ends before tensor ${name} does (${dataBytes} of ${end} data bytes): it is truncated`, name);
    covered = end;
  }
  if (covered !== dataBytes) throw invalid(file, `has ${dataBytes - covered} bytes after its last tensor`);
}

/** JSON with its length before it, padded with spaces so that data starts at a multiple of 8. */
export function encodeHeader(entries: readonly TensorEntry[], metadata: ReadonlyMap<string, string>): Uint8Array {
  const fields: (readonly [string, unknown])[] = metadata.size === 0 ? [] : [[METADATA, Object.fromEntries(metadata)]];
  for (const { name, dtype, shape, begin, end } of entries)
    fields.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const padded = Math.ceil(json.byteLength / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

export function invalid(file: string, fault: string, tensor: string | null = null, cause?: unknown): LatentSweepError {
  return new LatentSweepError('WEIGHTS_INVALID', `${file} ${fault}`, { file, tensor }, cause);
}
