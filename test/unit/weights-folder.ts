// Makes Hugging Face folders for the tests of the weights, by hand, so that each can be broken in one place.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ModelConfig, parameterShapes, toHuggingFaceConfig } from '../../services/trainer/models/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

export interface RawTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export const GPT2: ModelConfig = {
  kind: 'gpt2',
  vocabSize: 7,
  contextLength: 5,
  width: 4,
  layers: 2,
  heads: 2,
  innerWidth: 6,
  normEpsilon: 1e-5,
};

export const QWEN3: ModelConfig = {
  kind: 'qwen3',
  vocabSize: 7,
  contextLength: 9,
  width: 6,
  layers: 2,
  heads: 2,
  keyValueHeads: 1,
  headWidth: 4,
  innerWidth: 5,
  normEpsilon: 1e-6,
  ropeTheta: 1e6,
};

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lsweep-weights-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function f32(shape: readonly number[], valueAt: (index: number) => number): RawTensor {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => valueAt(i));
  return { dtype: 'F32', shape, bytes: new Uint8Array(data.buffer) };
}

/** Every parameter under its full name, each value different from all others. */
export function parametersOf(config: ModelConfig): Map<string, RawTensor> {
  let count = 0;
  return new Map([...parameterShapes(config)].map(([name, shape]) => [name, f32(shape, () => ++count / 64)]));
}

export function safetensorsBytes(tensors: ReadonlyMap<string, RawTensor>): Uint8Array {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.byteLength] };
    offset += bytes.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  return Buffer.concat([length, json, ...[...tensors.values()].map(({ bytes }) => bytes)]);
}

export function writeFolder(
  folder: string,
  config: ModelConfig,
  tensors: ReadonlyMap<string, RawTensor>,
  configChanges: Record<string, unknown> = {},
): void {
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...toHuggingFaceConfig(config), ...configChanges }));
  writeFileSync(join(folder, 'model.safetensors'), safetensorsBytes(tensors));
}

/** Shards by file name, with their index. */
export function writeShards(
  folder: string,
  config: ModelConfig,
  shards: ReadonlyMap<string, ReadonlyMap<string, RawTensor>>,
): void {
  writeFileSync(join(folder, 'config.json'), JSON.stringify(toHuggingFaceConfig(config)));
  const weight_map: Record<string, string> = {};
  for (const [file, tensors] of shards) {
    writeFileSync(join(folder, file), safetensorsBytes(tensors));
    for (const name of tensors.keys()) weight_map[name] = file;
  }
  writeIndex(folder, weight_map);
}

export function writeIndex(folder: string, weight_map: Record<string, string>): void {
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }));
}

/** For assert.throws and assert.rejects: the code, and words that the message must hold. */
export function failsWith(code: string, ...words: readonly (string | RegExp)[]): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof LatentSweepError)) throw error;
    const missing = words.filter((word) =>
      typeof word === 'string' ? !error.message.includes(word) : !word.test(error.message),
    );
    if (error.code === code && missing.length === 0) return true;
    throw new Error(`expected ${code} with ${words.join(' | ')}, got: ${error.message}`);
  };
}
