// Causal tests of latents over a whole evaluation: what each intervention must equal, and that a cut changes nothing.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Intervention } from '../../services/study/settings/latent-analysis.ts';
import type { NamedTensors } from '../../services/tensor/runtime/index.ts';
import { cyclicDonors } from '../../services/trainer/analyses/index.ts';
import type { EngineConfig, TrainingEngine } from '../../services/trainer/engine/index.ts';
import { CausalTests } from '../../services/trainer/phases/evaluate-causal-tests.ts';
import type { CurriculumItem } from '../../services/trainer/systems/index.ts';
import { LATENTS, QWEN3, randomTokens, smallConfig, wildWeights, withEngine } from './trainer-small-engine.ts';

const SIZE = 7;
const BATCH = 3;
const ALL: readonly Intervention[] = ['mean', 'shuffle', 'swap', { truncate: 1 }, { truncate: LATENTS }, 'zero'];

const itemAt = (index: number): CurriculumItem => ({
  question: randomTokens(2 + (index % 4), index),
  latents: LATENTS,
  target: randomTokens(1 + (index % 3), 100 + index),
});

/** An answer is right when its first token is even: anything that depends on the answer will do. */
function harness(engine: TrainingEngine, interventions = ALL, items = itemAt, before: NamedTensors | null = null) {
  const judge = (_: number, asked: readonly CurriculumItem[], given?: readonly Float32Array[]) =>
    engine.generate(asked, 2, null, given).map(({ tokens }) => (tokens[0] ?? 0) % 2 === 0);
  const tests = new CausalTests({ engine, interventions, size: SIZE, batch: BATCH, itemAt: items, judge }, before);
  const step = (number: number): void => {
    const begin = (number - 1) * BATCH;
    const asked = Array.from({ length: Math.min(BATCH, SIZE - begin) }, (_, row) => items(begin + row));
    tests.run(begin, judge(begin, asked));
  };
  return { tests, step };
}

function resultsOf(engine: TrainingEngine, items = itemAt): ReadonlyMap<string, number> {
  const { tests, step } = harness(engine, ALL, items);
  for (const number of [1, 2, 3]) step(number);
  return new Map(tests.analyses().map(({ name, label, value }) => [`${name} ${label}`, value]));
}

const near = (have: number | undefined, want: number | undefined): void =>
  assert.ok(Math.abs((have ?? Number.NaN) - (want ?? 0)) < 1e-5 * Math.abs(want ?? 0), `${have} against ${want}`);

/** Nats per target over all items, each alone with the latents given to it. */
function lossOneByOne(engine: TrainingEngine, given: (index: number) => Float32Array): number {
  let [nats, targets] = [0, 0];
  for (let index = 0; index < SIZE; index++) {
    const loss = engine.evaluateLoss({ kind: 'curriculum', items: [itemAt(index)] }, [given(index)]);
    nats += loss.lossNats * loss.targets;
    targets += loss.targets;
  }
  return nats / targets;
}
const latentsOf = (engine: TrainingEngine, index: number): Float32Array =>
  engine.observeLatents([itemAt(index)])[0]?.exchanged ?? new Float32Array();

const CASES: readonly (readonly [string, EngineConfig])[] = [
  ['h2', smallConfig('h2')],
  ['h1 of qwen3', smallConfig('h1', { model: QWEN3 })],
  ['coconut', smallConfig('coconut')],
];

describe('causal tests of latents', () => {
  for (const [name, config] of CASES) {
    test(`${name}: each intervention equals its definition, item by item`, () => {
      withEngine(config, (engine) => {
        const results = resultsOf(engine);
        const donors = cyclicDonors(SIZE);
        const own = Array.from({ length: SIZE }, (_, index) => latentsOf(engine, index));
        const mean = own[0]?.map((_, k) => own.reduce((sum, latents) => sum + (latents[k] ?? 0), 0) / SIZE);
        near(
          results.get('causal_loss intact'),
          lossOneByOne(engine, (index) => own[index] ?? new Float32Array()),
        );
        near(
          results.get('causal_loss shuffle'),
          lossOneByOne(engine, (index) => own[donors[index] ?? 0] ?? new Float32Array()),
        );
        near(
          results.get('causal_loss mean'),
          lossOneByOne(engine, () => mean ?? new Float32Array()),
        );
        near(
          results.get('causal_loss zero'),
          lossOneByOne(engine, (index) => new Float32Array(own[index]?.length ?? 0)),
        );
        assert.equal(results.get(`causal_loss truncate:${LATENTS}`), results.get('causal_loss intact'));
        assert.equal(results.get(`causal_accuracy truncate:${LATENTS}`), results.get('causal_accuracy intact'));
        const losses = new Set([...results].filter(([key]) => key.startsWith('causal_loss')).map(([, value]) => value));
        assert.equal(losses.size, ALL.length, 'every intervention but the whole budget changes the loss');
      });
    });
  }

  test('where all items have the same latents, shuffling and averaging change nothing; zeroing is zeroing the soft tokens', () => {
    withEngine(smallConfig('soft_embeddings'), (engine) => {
      const results = resultsOf(engine);
      for (const label of ['shuffle', 'mean'])
        near(results.get(`causal_loss ${label}`), results.get('causal_loss intact'));
      assert.equal(results.get('causal_accuracy shuffle'), results.get('causal_accuracy intact'));
      const weights = new Map(wildWeights(engine.config, 1));
      weights.set('soft_tokens', { shape: [LATENTS, 16], data: new Float32Array(LATENTS * 16) });
      engine.setWeights(weights);
      near(results.get('causal_loss zero'), resultsOf(engine).get('causal_loss intact'));
    });
  });

  test('equal questions lend each other their latents without a difference', () => {
    withEngine(smallConfig('h1_h2', { model: QWEN3 }), (engine) => {
      const question = randomTokens(5, 9);
      const results = resultsOf(engine, (index) => ({ ...itemAt(index), question }));
      near(results.get('causal_loss shuffle'), results.get('causal_loss intact'));
      near(results.get('causal_loss mean'), results.get('causal_loss intact'));
    });
  });

  test('fewer latents are what a question with so few gets', () => {
    withEngine(smallConfig('liu'), (engine) => {
      const shorter = resultsOf(engine, (index) => ({ ...itemAt(index), latents: 1 }));
      assert.equal(resultsOf(engine).get('causal_loss truncate:1'), shorter.get('causal_loss intact'));
    });
  });

  test('resumed between batches it ends with the same bits', () => {
    withEngine(smallConfig('h2', { model: QWEN3 }), (engine) => {
      const whole = harness(engine);
      for (const number of [1, 2, 3]) whole.step(number);
      let state: NamedTensors | null = null;
      for (const number of [1, 2, 3]) {
        const part = harness(engine, ALL, itemAt, state);
        part.step(number);
        state = part.tests.state();
      }
      const resumed = harness(engine, ALL, itemAt, state);
      assert.deepEqual(resumed.tests.analyses(), whole.tests.analyses());
      assert.deepEqual(resumed.tests.state(), whole.tests.state());
    });
  });
});
