// Every graph that the engine runs, as the CUDA provider takes it: a node without a CUDA kernel makes the creation of a session fail, and
// the graph as ONNX Runtime runs it shows the copies it would insert between host and device.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ModelProto } from '../../services/gen/onnx/onnx.ts';
import { add, Graph } from '../../services/tensor/graph/index.ts';
import { emitModel } from '../../services/tensor/onnx/index.ts';
import { normGraph, type Slab, updateGraph } from '../../services/tensor/optimizer/index.ts';
import { Runtime } from '../../services/tensor/runtime/index.ts';
import {
  type Batch,
  prefillGraph,
  prepareBatch,
  stepGraph,
  trainingGraph,
} from '../../services/trainer/systems/index.ts';
import { CASES, corpusBatch, curriculumBatch } from './cases.ts';

const runtime = new Runtime({ device: 'cuda', threads: 1 });
const folder = mkdtempSync(join(tmpdir(), 'lsweep-cuda-stub-'));
after(() => {
  runtime.releaseAll();
  rmSync(folder, { recursive: true });
});

/** Operators of the graph as it runs. @throws LatentSweepError when a node has no CUDA kernel */
function placedOperators(graph: Graph): readonly string[] {
  const file = join(folder, 'optimized.onnx');
  runtime.createSession(emitModel(graph, 'placed'), { optimizedModelFile: file }).release();
  const operators = ModelProto.decode(readFileSync(file)).graph?.node.map(({ opType = '' }) => opType) ?? [];
  rmSync(file);
  return operators;
}

function assertOnDevice(graph: Graph, what: string): void {
  const operators = placedOperators(graph);
  assert.ok(operators.length > 0, what);
  assert.deepEqual(
    operators.filter((operator) => operator.startsWith('Memcpy')),
    [],
    what,
  );
}

const PURPOSES = ['loss', 'gradients', 'accumulate', 'inspect'] as const;

describe('every node of every graph lies on the device, without copies between', () => {
  for (const { name, config } of CASES) {
    const batches: (Batch | null)[] = [curriculumBatch(config), corpusBatch(config)];
    test(`training and evaluation: ${name}`, () => {
      for (const batch of batches) {
        if (batch === null) continue;
        const { shape } = prepareBatch(config, batch);
        for (const purpose of PURPOSES)
          assertOnDevice(trainingGraph(config, shape, purpose), `${batch.kind} ${purpose}`);
      }
    });

    test(`generation: ${name}`, () => {
      const shape = { batch: 2, prefix: 8, latents: config.latents, generated: 4 };
      assertOnDevice(prefillGraph(config, shape), 'prefill');
      assertOnDevice(stepGraph(config, shape), 'step');
    });
  }

  test('optimizer, in one row and in many', () => {
    const slab: Slab = {
      name: 'base.decay',
      group: 'base',
      trained: true,
      decays: true,
      rows: 1,
      rowLength: 300,
      placements: [],
    };
    for (const rows of [1, 5]) {
      assertOnDevice(normGraph([{ ...slab, rows }]), `norm of ${rows}`);
      assertOnDevice(updateGraph([{ ...slab, rows }]), `update of ${rows}`);
    }
  });
});

describe('this test would notice', () => {
  test('a node without a CUDA kernel', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    graph.output('mean', graph.apply1('Mean', [x, add(x, x)], {}, 'float32', [2]));
    assert.throws(() => placedOperators(graph), { code: 'RUNTIME_FAILED', message: /fallback to CPU/ });
  });

  test('a copy between host and device', () => {
    const graph = new Graph();
    const size = graph.input('size', 'int64', [1]);
    graph.output('shaped', graph.apply1('Reshape', [graph.input('x', 'float32', [2, 2]), size], {}, 'float32', [4]));
    graph.output('doubled', add(size, size));
    assert.ok(placedOperators(graph).some((operator) => operator.startsWith('Memcpy')));
  });
});
