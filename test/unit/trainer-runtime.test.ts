// ONNX Runtime through its C API: memory, errors and the library's own life.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { add, Graph, mul } from '../../services/tensor/graph/index.ts';
import { emitModel } from '../../services/tensor/onnx/index.ts';
import { loadCApi } from '../../services/tensor/runtime/c-api.ts';
import { type DeviceTensor, PINNED_VERSION, Runtime } from '../../services/tensor/runtime/index.ts';

const runtime = () => new Runtime({ device: 'cpu', threads: 1 });

/** One x -> x * x + x with input and output in the same memory. */
function inPlace(target: Runtime) {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [4]);
  graph.output('next', add(mul(x, x), x));
  const session = target.createSession(emitModel(graph, 'square'));
  const tensor = target.createTensor('float32', [4]);
  const binding = session.bind();
  binding.input('x', tensor);
  binding.output('next', tensor);
  return { tensor, run: () => binding.run(), release: () => (binding.release(), session.release()) };
}

describe('the runtime', () => {
  test('is the pinned version', () => {
    const own = runtime();
    assert.equal(own.version, PINNED_VERSION);
    own.releaseAll();
  });

  test('computes with the threads each runtime was made with, side by side', () => {
    const threadsStarted = (threads: number) => {
      const count = () => readdirSync('/proc/self/task').length;
      const own = new Runtime({ device: 'cpu', threads });
      const before = count();
      const { tensor, run, release } = inPlace(own);
      own.write(tensor, Float32Array.of(1, 2, 3, 4));
      run();
      assert.deepEqual([...own.read(tensor)], [2, 6, 12, 20]);
      const started = count() - before;
      release();
      own.releaseAll();
      return started;
    };
    // the calling thread computes too
    assert.deepEqual([1, 3, 2].map(threadsStarted), [0, 2, 1]);
  });

  test('updates a tensor in place, again and again', () => {
    const own = runtime();
    const { tensor, run, release } = inPlace(own);
    own.write(tensor, Float32Array.of(0, 1, 2, 3));
    run();
    assert.deepEqual([...own.read(tensor)], [0, 2, 6, 12]);
    run();
    assert.deepEqual([...own.read(tensor)], [0, 6, 42, 156]);
    release();
    own.releaseAll();
  });

  test('survives garbage collections', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const own = runtime();
    const { tensor, run, release } = inPlace(own);
    for (let round = 0; round < 5; round++) {
      collect();
      // finalizers run between turns of the event loop
      await new Promise((resolve) => setImmediate(resolve));
      run();
      own.releaseTensor(own.createTensor('float32', [8]));
    }
    assert.deepEqual([...own.read(tensor)], [0, 0, 0, 0]);
    release();
    own.releaseAll();
  });

  test('aligns every tensor to 64 bytes: kernels sum in an order that depends on it', () => {
    const own = runtime();
    const addressOf = ({ value }: DeviceTensor) => loadCApi().create('GetTensorMutableData', value);
    for (let size = 1; size < 40; size++) {
      assert.equal(addressOf(own.createTensor('float32', [size])) % 64n, 0n);
      const staged = own.stageInputs(
        new Map([
          ['a', { dtype: 'float32', shape: [size] }],
          ['b', { dtype: 'int64', shape: [size] }],
        ] as const),
      );
      for (const tensor of staged.tensors.values()) assert.equal(addressOf(tensor) % 64n, 0n);
    }
    own.releaseAll();
  });

  test('a view of a tensor shares its memory and stays inside', () => {
    const own = runtime();
    const whole = own.createTensor('float32', [3, 5]);
    const part = own.alias(whole, 4, [2]);
    own.write(whole, Float32Array.of(7, 8), 4);
    assert.deepEqual([...own.read(part)], [7, 8]);
    own.write(part, Float32Array.of(9), 1);
    assert.deepEqual([...own.read(whole, 3, 4)], [0, 7, 9, 0]);
    for (const outside of [
      () => own.alias(whole, 14, [2]),
      () => own.write(whole, new Float32Array(2), 14),
      () => own.read(whole, 14, 2),
    ]) {
      assert.throws(outside, { code: 'SHAPE_MISMATCH' });
    }
    own.releaseAll();
  });

  test('names the call that ONNX Runtime refused', () => {
    const own = runtime();
    assert.throws(() => own.createSession(new Uint8Array([1, 2, 3])), {
      code: 'RUNTIME_FAILED',
      message: /CreateSessionFromArray/,
    });
    own.releaseAll();
  });

  test('says what to install for a device it does not have', () => {
    assert.throws(() => new Runtime({ device: 'cuda', threads: 1 }), {
      code: 'CONFIG_INVALID',
      message: /device: cuda .*(npm run install:cuda|Install them|no CUDA device)/,
    });
  });

  test('refuses values of another type or length, and tensors of another runtime', () => {
    const [own, other] = [runtime(), runtime()];
    const tensor = own.createTensor('float32', [2]);
    assert.throws(() => own.write(tensor, new BigInt64Array(2)), { code: 'INTERNAL', message: /float32/ });
    assert.throws(() => other.read(tensor), { code: 'INTERNAL', message: /another runtime/ });
    const staged = own.stageInputs(new Map([['ids', { dtype: 'int64', shape: [3] }]] as const));
    assert.throws(() => staged.write('ids', new BigInt64Array(2)), { code: 'INTERNAL', message: /ids has 2 of 3/ });
    assert.throws(() => staged.write('ids', new Float32Array(3)), { code: 'INTERNAL', message: /ids .*type/ });
    own.releaseAll();
  });
});

describe('a graph under construction', () => {
  test('refuses shapes that do not fit, with operator and both shapes', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', [2, 3]), graph.input('b', 'float32', [2, 4])];
    assert.throws(() => add(a, b), { code: 'SHAPE_MISMATCH', message: /Add.*\[2, 3\].*\[2, 4\]/ });
  });

  test('builds equal nodes once', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    assert.equal(mul(x, x), mul(x, x));
  });
});
