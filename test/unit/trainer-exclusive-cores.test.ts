// Threads that spin while they wait: who may have them, and that they change no bit.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemName } from '../../services/study/settings/system-names.ts';
import { TrainingEngine } from '../../services/trainer/engine/index.ts';
import { haveExclusiveCores } from '../../services/trainer/index.ts';
import type { Batch } from '../../services/trainer/systems/index.ts';
import { GPT2, RATES, randomTokens, smallConfig, wildWeights } from './trainer-small-engine.ts';

describe('cores of a trainer', () => {
  test('are its own when the threads of all trainers fit the machine', () => {
    assert.equal(haveExclusiveCores({ trainers: 2, threads: 2, cores: 4 }), true);
    assert.equal(haveExclusiveCores({ trainers: 1, threads: 2, cores: 2 }), true);
  });

  test('are shared when they do not', () => {
    assert.equal(haveExclusiveCores({ trainers: 2, threads: 2, cores: 3 }), false);
    assert.equal(haveExclusiveCores({ trainers: 2, threads: 4, cores: 4 }), false);
  });

  test('do not matter to a single thread, which waits for nobody', () => {
    assert.equal(haveExclusiveCores({ trainers: 1, threads: 1, cores: 64 }), false);
  });
});

// wide enough that ONNX Runtime really splits operators between threads
const WIDE = { ...GPT2, width: 128, innerWidth: 512, heads: 4 };

describe('two threads that spin give the bits of two that sleep', () => {
  for (const system of ['continued_pretraining', 'h2', 'h1'] satisfies SystemName[]) {
    test(`${system}: three steps and a decoding`, () => {
      const latents = system === 'continued_pretraining' ? 0 : 2;
      const items = Array.from({ length: 8 }, (_, item) => ({
        question: randomTokens(16, item),
        latents,
        target: randomTokens(12, item, 1),
      }));
      const batch: Batch = { kind: 'curriculum', items };
      const [asleep, spinning] = [false, true].map((exclusiveCores) => {
        const engine = new TrainingEngine(smallConfig(system, { model: WIDE, threads: 2, exclusiveCores }));
        try {
          engine.setWeights(wildWeights(engine.config, 5));
          const steps = [null, 3, null].map((microbatch) => engine.trainStep(batch, RATES, microbatch));
          return { steps, decoded: engine.generate(items, 8, null), weights: engine.weights() };
        } finally {
          engine.release();
        }
      });
      assert.deepEqual(spinning, asleep);
    });
  }
});
