// Live tensors and operations of graphs small enough to count by hand, and of training graphs by what must hold for them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { add, exp, Graph, gemm, mul, reshape } from '../../services/tensor/graph/index.ts';
import { reachable } from '../../services/tensor/onnx/index.ts';
import { checkConfig } from '../../services/trainer/engine/check-config.ts';
import { matrixFlops } from '../../services/trainer/engine/index.ts';
import { executionOrder } from '../../services/trainer/plan/execution-order.ts';
import { graphBytes } from '../../services/trainer/plan/peak-bytes.ts';
import { trainingGraph } from '../../services/trainer/systems/index.ts';
import { GPT2, smallConfig, WITH_LATENTS } from './trainer-small-engine.ts';

test('a chain of elementwise operators needs one buffer, and views none', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [8, 4]);
  graph.output('y', exp(reshape(exp(exp(x)), [4, 8])));
  // the last one lies in bound memory
  assert.deepEqual(graphBytes(graph), { peak: 4 * 32, constants: 8 * 2 });
});

test('a tensor read later lives until then', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [100]);
  const early = exp(x);
  const late = add(exp(early), early);
  graph.output('y', mul(late, late));
  // early, and exp(early), which the sum takes over
  assert.equal(graphBytes(graph).peak, 2 * 400);
});

test('products count 2 m n k, also transposed, and what no output needs counts nothing', () => {
  const graph = new Graph();
  const a = graph.input('a', 'float32', [5, 3]);
  const b = graph.input('b', 'float32', [5, 7]);
  gemm(b, b, { transA: true });
  graph.output('c', gemm(a, b, { transA: true }));
  assert.equal(matrixFlops(graph), 2 * 3 * 7 * 5);
});

const shape = { batch: 2, prefix: 16, sites: 1, latents: 3, ahead: 8, scored: 16 };

test('the execution order runs every emitted node once, after what it reads', () => {
  for (const system of WITH_LATENTS) {
    const graph = trainingGraph(checkConfig(smallConfig(system)), shape, 'gradients');
    const order = executionOrder(graph);
    const at = new Map(order.map((node, index) => [node, index]));
    assert.equal(at.size, order.length);
    assert.equal(order.length, reachable(graph).nodes.size);
    for (const [node, index] of at) {
      for (const { source } of node.inputs) {
        if (source.kind === 'node') assert.ok((at.get(source.node) ?? Number.POSITIVE_INFINITY) < index);
      }
    }
  }
});

test('a larger batch never needs less memory nor fewer operations', () => {
  const config = checkConfig(smallConfig('h2'));
  const cost = (batch: number) => {
    const graph = trainingGraph(config, { ...shape, batch, scored: 8 * batch }, 'gradients');
    return { bytes: graphBytes(graph).peak, flops: matrixFlops(graph) };
  };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (a, b) => {
      const [less, more] = [cost(Math.min(a, b)), cost(Math.max(a, b))];
      assert.ok(less.bytes <= more.bytes && less.flops <= more.flops);
    }),
    { numRuns: 20 },
  );
});

test('the gradient of an embedding is made where it is kept: no graph holds a second array of its size', () => {
  const model = { ...GPT2, vocabSize: 8_192, width: 256 };
  for (const head of [{}, { ownHead: true } as const]) {
    const config = checkConfig(smallConfig('h2', { model: { ...model, ...head } }));
    for (const purpose of ['gradients', 'accumulate'] as const) {
      const { peak } = graphBytes(trainingGraph(config, shape, purpose));
      assert.ok(peak < 4 * model.vocabSize * model.width, `${purpose}: ${peak} bytes`);
    }
  }
});
