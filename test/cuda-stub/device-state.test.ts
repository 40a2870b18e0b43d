// State on the device: what comes back is what was given, to the bit; workspace is shared; graphs can be captured.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Runtime } from '../../services/tensor/runtime/index.ts';
import { TrainingEngine } from '../../services/trainer/engine/index.ts';
import { RATES, smallConfig, wildWeights, withEngine } from '../unit/trainer-small-engine.ts';
import { CASES, curriculumBatch } from './cases.ts';
import { countsOf } from './counters.ts';

const config = smallConfig('h2', { device: 'cuda' });

describe('state on the device', () => {
  test('comes back to the bit, moments too', () => {
    withEngine(config, (engine) => {
      const weights = wildWeights(engine.config, 1);
      assert.deepEqual(engine.weights(), weights);
      const tensors = new Map(weights);
      for (const name of engine.trainedNames) {
        const tensor = weights.get(name);
        assert.ok(tensor);
        for (const [prefix, factor] of [
          ['adam_m.', 0.5],
          ['adam_v.', 0.25],
        ] as const)
          tensors.set(`${prefix}${name}`, { shape: tensor.shape, data: tensor.data.map((x) => x * factor) });
      }
      engine.setState({ tensors, updates: 7 });
      assert.deepEqual(engine.state(), { tensors, updates: 7 });
    });
  });

  test('is reset on the device, without a copy', () => {
    withEngine(config, (engine) => {
      const tensors = new Map(engine.state().tensors);
      for (const [name, { shape, data }] of tensors)
        if (name.startsWith('adam_')) tensors.set(name, { shape, data: data.map(() => 1) });
      engine.setState({ tensors, updates: 3 });
      const counts = countsOf(() => engine.resetOptimizer());
      assert.deepEqual([counts.uploads, counts.downloads, counts.deviceCopies], [0, 0, 0]);
      for (const [name, { data }] of engine.state().tensors)
        if (name.startsWith('adam_'))
          assert.ok(
            data.every((x) => x === 0),
            name,
          );
    });
  });

  test('gives its memory back', () => {
    const live = () => {
      const engine = new TrainingEngine(config);
      engine.trainStep({ kind: 'curriculum', items: [{ question: [1, 2], latents: 2, target: [3] }] }, RATES, null);
      engine.release();
    };
    live();
    live();
    assert.equal(countsOf(live).liveBytes, 0);
  });

  test('refuses tensors of another runtime and values of another type', () => {
    const [own, other] = [new Runtime({ device: 'cuda', threads: 1 }), new Runtime({ device: 'cuda', threads: 1 })];
    const tensor = own.createTensor('float32', [2]);
    assert.throws(() => other.read(tensor), { code: 'INTERNAL', message: /another runtime/ });
    assert.throws(() => own.write(tensor, new BigInt64Array(2)), { code: 'INTERNAL', message: /float32/ });
    const part = own.alias(tensor, 1, [1]);
    own.write(part, Float32Array.of(5));
    assert.deepEqual([...own.read(tensor)], [0, 5]);
    own.releaseAll();
    other.releaseAll();
  });
});

describe('memory of the device', () => {
  test('workspace of one shape serves the next', () => {
    withEngine({ ...config, model: { ...config.model, vocabSize: 4096 } }, (engine) => {
      // logits of 60 targets are 1 MB; of their kind several live at once
      const batch = (targets: number) => ({
        kind: 'curriculum' as const,
        items: [1, 2, 3].map((question) => ({ question: [question], latents: 1, target: Array(targets).fill(2) })),
      });
      const first = countsOf(() => engine.evaluateLoss(batch(20)));
      const second = countsOf(() => engine.evaluateLoss(batch(12)));
      assert.ok(first.liveBytes > 2 ** 20, `${first.liveBytes}`);
      assert.ok(second.liveBytes < first.liveBytes / 10, `${second.liveBytes} after ${first.liveBytes}`);
    });
  });

  test('that does not suffice is reported with what was asked and what there is', () => {
    const runtime = new Runtime({ device: 'cuda', threads: 1 });
    process.env['LSWEEP_STUB_DEVICE_BYTES'] = String(64 * 2 ** 20);
    try {
      assert.throws(() => runtime.createTensor('float32', [2 ** 25]), {
        code: 'OUT_OF_MEMORY',
        message: /134217728.*MiB free of 64 MiB/s,
      });
    } finally {
      delete process.env['LSWEEP_STUB_DEVICE_BYTES'];
      runtime.releaseAll();
    }
  });
});

describe('captured graphs', () => {
  for (const { name, config: captured } of CASES) {
    test(`a step is three launches: ${name}`, () => {
      const engine = new TrainingEngine({ ...captured, cuda: { graphCapture: true } });
      try {
        const step = () => engine.trainStep(curriculumBatch(captured), RATES, null);
        step();
        step();
        const { launches, graphLaunches, uploads, downloads } = countsOf(step);
        assert.deepEqual(
          { launches, graphLaunches, uploads, downloads },
          {
            launches: 0,
            graphLaunches: 3,
            uploads: 2,
            downloads: 2,
          },
        );
      } finally {
        engine.release();
      }
    });
  }
});
