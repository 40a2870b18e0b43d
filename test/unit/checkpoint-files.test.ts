// Checkpoints: whole or not there, damage detected, a full disk leaves the earlier one, old ones go, one hash for equal weights.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { NamedTensors } from '../../services/tensor/runtime/index.ts';
import {
  keepLastCheckpoints,
  readCheckpoint,
  weightsOf,
  weightsSha256,
  writeCheckpoint,
} from '../../services/trainer/checkpoints/index.ts';
import { type ErrorCode, LatentSweepError } from '../../workflows/domain/errors.ts';

const tensors: NamedTensors = new Map([
  ['base.a', { shape: [2, 3], data: Float32Array.from([1, -0, 3, 4, 5.5, 1e-40]) }],
  ['adam_m.base.a', { shape: [2, 3], data: new Float32Array(6) }],
]);
const facts = (step: number) => ({ phaseKey: 'phase', step, updates: step - 1, tokenizer: 'hash' });
const fails = (code: ErrorCode, act: () => unknown) =>
  assert.throws(act, (error) => error instanceof LatentSweepError && error.code === code);

const nameOf = (step: number) => `step-${String(step).padStart(9, '0')}.safetensors`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a checkpoint', () => {
  test('reads back with every bit and its facts, and leaves no temporary file', () => {
    const written = writeCheckpoint(folder, facts(7), tensors);
    const bytes = readFileSync(written.path);
    assert.equal(written.bytes, bytes.length);
    assert.equal(written.sha256, createHash('sha256').update(bytes).digest('hex'));
    const read = readCheckpoint(written);
    assert.deepEqual(read.facts, facts(7));
    assert.equal(weightsSha256(read.tensors), weightsSha256(tensors));
    assert.deepEqual([...weightsOf(read.tensors).keys()], ['base.a']);
    assert.deepEqual(readdirSync(folder), ['step-000000007.safetensors']);
  });

  test('equal state gives equal bytes', () => {
    const first = writeCheckpoint(join(folder, 'a'), facts(7), tensors);
    const second = writeCheckpoint(join(folder, 'b'), facts(7), tensors);
    assert.equal(first.sha256, second.sha256);
  });

  test('damage of any kind is detected', () => {
    const written = writeCheckpoint(folder, facts(7), tensors);
    const good = readFileSync(written.path);
    for (const at of [0, 20, good.length - 1]) {
      const bad = Buffer.from(good);
      bad.writeUInt8((bad[at] ?? 0) ^ 1, at);
      writeFileSync(written.path, bad);
      fails('CHECKPOINT_DAMAGED', () => readCheckpoint(written));
    }
    truncateSync(written.path, good.length - 4);
    fails('CHECKPOINT_DAMAGED', () => readCheckpoint(written));
    rmSync(written.path);
    fails('CHECKPOINT_DAMAGED', () => readCheckpoint(written));
    writeFileSync(written.path, 'text');
    const sha256 = createHash('sha256').update('text').digest('hex');
    fails('CHECKPOINT_DAMAGED', () => readCheckpoint({ ...written, sha256 }));
  });

  test('of another step than recorded is not believed', () => {
    const written = writeCheckpoint(folder, facts(7), tensors);
    fails('CHECKPOINT_DAMAGED', () => readCheckpoint({ ...written, step: 8 }));
  });

  test('a full disk is DISK_FULL and leaves the earlier checkpoint whole', { skip: !existsSync('/dev/full') }, () => {
    const earlier = writeCheckpoint(folder, facts(7), tensors);
    // the kernel's own full device stands where the next temporary file goes
    symlinkSync('/dev/full', join(folder, '.step-000000008.safetensors.tmp'));
    fails('DISK_FULL', () => writeCheckpoint(folder, facts(8), tensors));
    assert.deepEqual(readdirSync(folder), ['step-000000007.safetensors']);
    assert.deepEqual(readCheckpoint(earlier).facts, facts(7));
  });

  test('a folder that cannot be made is ARTIFACT_STORE', () => {
    writeFileSync(join(folder, 'file'), '');
    fails('ARTIFACT_STORE', () => writeCheckpoint(join(folder, 'file'), facts(1), tensors));
  });
});

describe('old checkpoints', () => {
  test('go, but for the newest ones and those a supervisor may still be copying', () => {
    for (const step of [1, 2, 3, 10]) writeCheckpoint(folder, facts(step), tensors);
    const now = Date.now();
    keepLastCheckpoints(folder, now, 2, 60_000);
    assert.equal(readdirSync(folder).length, 4, 'all are young');
    const old = new Date(now - 120_000);
    for (const step of [1, 3, 10]) utimesSync(join(folder, nameOf(step)), old, old);
    keepLastCheckpoints(folder, now, 2, 60_000);
    assert.deepEqual(readdirSync(folder).sort(), [2, 3, 10].map(nameOf));
  });
});

describe('the hash of weights', () => {
  const tensor = (shape: number[], values: number[]) => ({ shape, data: Float32Array.from(values) });
  test('does not depend on order, but on every name, shape and bit', () => {
    const a = tensor([2], [1, 2]);
    const b = tensor([2], [0, 4]);
    const hash = weightsSha256(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    );
    assert.equal(
      weightsSha256(
        new Map([
          ['b', b],
          ['a', a],
        ]),
      ),
      hash,
    );
    assert.notEqual(
      weightsSha256(
        new Map([
          ['a', a],
          ['c', b],
        ]),
      ),
      hash,
    );
    assert.notEqual(
      weightsSha256(
        new Map([
          ['a', tensor([1, 2], [1, 2])],
          ['b', b],
        ]),
      ),
      hash,
    );
    assert.notEqual(
      weightsSha256(
        new Map([
          ['a', a],
          ['b', tensor([2], [-0, 4])],
        ]),
      ),
      hash,
    );
  });
});
