// safetensors: what is written is read again, and damage is named.

import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { HostTensor } from '../../services/tensor/runtime/index.ts';
import {
  readSafetensors,
  readSafetensorsHeader,
  safetensorsPieces,
  writeSafetensors,
} from '../../services/tensor/safetensors/index.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsweep-safetensors-'));
});
after(() => rmSync(folder, { recursive: true }));

const file = (name: string) => join(folder, name);

function write(name: string, tensors: ReadonlyMap<string, HostTensor>, metadata?: ReadonlyMap<string, string>): string {
  const fd = openSync(file(name), 'w');
  const bytes = writeSafetensors(fd, tensors, metadata);
  closeSync(fd);
  assert.equal(readFileSync(file(name)).byteLength, bytes);
  return file(name);
}

/** A file with this header over this many data bytes. */
function forge(header: unknown, dataBytes: number): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(file('forged'), Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
  return file('forged');
}

const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((shape) => {
  const count = shape.reduce((a, b) => a * b, 1);
  const numbers = fc.array(fc.float({ noNaN: true }), { minLength: count, maxLength: count });
  return numbers.map((values): HostTensor => ({ shape, data: Float32Array.from(values) }));
});

describe('safetensors', () => {
  test('gives back names, shapes, bits and metadata', () => {
    const maps = fc.dictionary(
      fc.string({ minLength: 1 }).filter((name) => name !== '__metadata__' && name !== '__proto__'),
      tensor,
    );
    fc.assert(
      fc.property(
        maps,
        fc.dictionary(
          fc.string().filter((name) => name !== '__proto__'),
          fc.string(),
        ),
        (tensors, metadata) => {
          const path = write('round-trip', new Map(Object.entries(tensors)), new Map(Object.entries(metadata)));
          const read = readSafetensors(path);
          assert.deepEqual(read.metadata, new Map(Object.entries(metadata)));
          assert.equal(read.tensors.size, Object.keys(tensors).length);
          for (const [name, { shape, data }] of Object.entries(tensors)) {
            assert.deepEqual(read.tensors.get(name), { shape, data });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('pieces are views of the tensors, in order, data at a multiple of 8', () => {
    const data = Float32Array.of(1, 2, 3);
    const [header, first] = [...safetensorsPieces(new Map([['a', { shape: [3], data }]]))];
    assert.equal((header?.byteLength ?? 1) % 8, 0);
    assert.equal(first?.buffer, data.buffer);
  });

  test('the header alone names the tensors', () => {
    const path = write(
      'header',
      new Map([['a', { shape: [2, 1], data: Float32Array.of(1, 2) }]]),
      new Map([['step', '7']]),
    );
    const { entries, metadata } = readSafetensorsHeader(path);
    assert.deepEqual(entries, [{ name: 'a', dtype: 'F32', shape: [2, 1], begin: 0, end: 8 }]);
    assert.equal(metadata.get('step'), '7');
  });

  test('a file cut anywhere is refused', () => {
    const path = write('whole', new Map([['a', { shape: [3], data: Float32Array.of(1, 2, 3) }]]));
    const bytes = readFileSync(path);
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(file('cut'), bytes.subarray(0, length));
      assert.throws(() => readSafetensors(file('cut')), { code: 'WEIGHTS_INVALID' }, `${length} bytes`);
    }
  });

  test('a file that is not there is DATA_MISSING', () => {
    assert.throws(() => readSafetensors(file('nowhere')), { code: 'DATA_MISSING', message: /nowhere/ });
  });

  const f32 = (shape: number[], begin: number, end: number, dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });
  const damages: readonly (readonly [string, unknown, number, RegExp, string | null])[] = [
    ['another dtype', { a: f32([2], 0, 4, 'F16') }, 4, /tensor a as F16/, 'a'],
    ['too few bytes for the shape', { a: f32([2], 0, 4) }, 4, /tensor a 4 bytes.*\[2\] needs 8/, 'a'],
    ['an overlap', { a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12, /tensor b overlap/, 'b'],
    ['a gap', { a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12, /gap of 4 bytes before tensor b/, 'b'],
    ['data missing at the end', { a: f32([2], 0, 8) }, 7, /ends before tensor a.*truncated/, 'a'],
    ['data left over', { a: f32([1], 0, 4) }, 5, /1 bytes after/, null],
    ['offsets that run backwards', { a: f32([1], 4, 0) }, 4, /tensor a/, 'a'],
    [
      'an entry without shape',
      { a: { dtype: 'F32', data_offsets: [0, 4] } },
      4,
      /broken header entry for tensor a/,
      'a',
    ],
    ['a header that is not JSON', '{"a"', 0, /not JSON/, null],
    ['a header that is a list', [1], 0, /not a JSON object/, null],
    ['metadata that is not text', { __metadata__: { step: 3 } }, 0, /metadata/, null],
  ];
  for (const [name, header, dataBytes, message, culprit] of damages) {
    test(`${name} is refused, file and tensor named`, () => {
      const path = forge(header, dataBytes);
      assert.throws(() => readSafetensors(path), {
        code: 'WEIGHTS_INVALID',
        message,
        details: { file: path, tensor: culprit },
      });
    });
  }

  test('a file of another kind is not taken for a huge header', () => {
    writeFileSync(file('other'), Buffer.alloc(64, 0x7f));
    assert.throws(() => readSafetensors(file('other')), { code: 'WEIGHTS_INVALID', message: /no safetensors file/ });
  });
});
