// What is computed again instead of kept: the same bits, less memory; and in what precision a device can compute.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemName } from '../../services/study/settings/system-names.ts';
import { checkConfig } from '../../services/trainer/engine/check-config.ts';
import { TrainingEngine } from '../../services/trainer/engine/index.ts';
import { graphBytes } from '../../services/trainer/plan/peak-bytes.ts';
import { type Batch, trainingGraph } from '../../services/trainer/systems/index.ts';
import { GPT2, QWEN3, RATES, smallConfig, wildWeights } from './trainer-small-engine.ts';

const batch: Batch = {
  kind: 'curriculum',
  items: [
    { question: [3, 4, 5, 6], latents: 2, target: [7, 8, 9] },
    { question: [9, 1], latents: 2, target: [2, 4] },
  ],
};
const SYSTEMS: readonly SystemName[] = ['continued_pretraining', 'h2', 'h1', 'coconut'];

describe('recompute', () => {
  for (const model of [GPT2, QWEN3]) {
    for (const system of SYSTEMS) {
      test(`two steps of ${model.kind} ${system} have the same bits with and without`, () => {
        const results = [false, true].map((recompute) => {
          const engine = new TrainingEngine(smallConfig(system, { model, recompute }));
          try {
            engine.setWeights(wildWeights(engine.config, 3));
            const items = batch.kind === 'curriculum' ? batch.items : [];
            const fitting: Batch = {
              kind: 'curriculum',
              items: items.map((item) => ({ ...item, latents: Math.min(item.latents, engine.config.latents) })),
            };
            const steps = [engine.trainStep(fitting, RATES, null), engine.trainStep(fitting, RATES, 1)];
            return { steps, weights: engine.weights() };
          } finally {
            engine.release();
          }
        });
        assert.deepEqual(results[1], results[0]);
      });
    }

    test(`a long batch of ${model.kind} needs less than two thirds of the activations`, () => {
      const shape = { batch: 4, prefix: 256, sites: 0, latents: 0, ahead: 0, scored: 64 };
      const deep = { ...model, layers: 8, contextLength: 256, innerWidth: 4 * model.width };
      const [kept, again] = [false, true].map((recompute) => {
        const config = checkConfig(smallConfig('continued_pretraining', { model: deep, recompute }));
        return graphBytes(trainingGraph(config, shape, 'gradients')).peak;
      });
      assert.ok((again ?? 0) < (2 / 3) * (kept ?? 0), `${again} of ${kept} bytes`);
    });
  }
});

test('a CPU computes in fp32 alone, and says so', () => {
  for (const precision of ['tf32', 'bf16'] as const) {
    assert.throws(() => checkConfig(smallConfig('h2', { precision })), {
      code: 'CONFIG_INVALID',
      message: new RegExp(`train.precision: ${precision} .* fp32 on the CPU`),
    });
  }
  assert.equal(checkConfig(smallConfig('h2', { precision: 'fp32' })).precision, 'fp32');
});
