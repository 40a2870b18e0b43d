// What the engine cannot take: every refusal is typed, names the culprit and leaves the weights as they were.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemName } from '../../services/study/settings/system-names.ts';
import type { HostTensor, NamedTensors } from '../../services/tensor/runtime/index.ts';
import { createEngine, type EngineConfig, type TrainingEngine } from '../../services/trainer/engine/index.ts';
import { parseModelConfig } from '../../services/trainer/models/index.ts';
import type { Batch } from '../../services/trainer/systems/index.ts';
import { LATENTS, RATES, smallConfig, VOCABULARY, wildWeights, withEngine } from './trainer-small-engine.ts';

const item = (overrides: Partial<{ question: number[]; latents: number; target: number[] }>): Batch => ({
  kind: 'curriculum',
  items: [{ question: [1, 2], latents: 1, target: [3], ...overrides }],
});
const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
const corpus = (tokens: number[][], sites: number[][] | null, ahead = 2): Batch => ({
  kind: 'corpus',
  tokens,
  sites,
  ahead,
});

const BAD_BATCHES: readonly (readonly [string, Batch, string, RegExp])[] = [
  ['a token beyond the vocabulary', item({ target: [VOCABULARY] }), 'TOKEN_OUT_OF_RANGE', /23.*23/],
  ['a negative token', item({ question: [-1] }), 'TOKEN_OUT_OF_RANGE', /-1/],
  ['a token that is not an integer', item({ question: [1.5] }), 'TOKEN_OUT_OF_RANGE', /1\.5/],
  ['an empty question', item({ question: [] }), 'DATA_INVALID', /question/],
  ['an empty target', item({ target: [] }), 'NO_TARGETS', /target/],
  ['more latents than the system has', item({ latents: LATENTS + 1 }), 'DATA_INVALID', /4 latents.*3/],
  ['half a latent', item({ latents: 0.5 }), 'DATA_INVALID', /0\.5/],
  ['an item longer than the context', item({ question: ones(47) }), 'CONTEXT_EXCEEDED', /49.*48/],
  ['no items', { kind: 'curriculum', items: [] }, 'NO_TARGETS', /target/],
  [
    'rows of different length',
    corpus(
      [
        [1, 2, 3, 4],
        [1, 2, 3],
      ],
      [[0], [0]],
    ),
    'DATA_INVALID',
    /4.*3/,
  ],
  ['a site without room for its targets', corpus([[1, 2, 3, 4]], [[2]]), 'DATA_INVALID', /site 2/],
  ['a negative site', corpus([[1, 2, 3, 4]], [[-1]]), 'DATA_INVALID', /site -1/],
  ['a site twice', corpus([[1, 2, 3, 4]], [[1, 1]]), 'DATA_INVALID', /ascend/],
  ['sites that descend', corpus([[1, 2, 3, 4]], [[1, 0]]), 'DATA_INVALID', /ascend/],
  ['a corpus batch without sites', corpus([[1, 2, 3, 4]], null), 'NO_TARGETS', /target/],
  ['a corpus batch without rows', corpus([], []), 'NO_TARGETS', /target/],
];

function assertUntouched(engine: TrainingEngine, act: () => void): void {
  const before = engine.state();
  act();
  const after = engine.state();
  assert.equal(after.updates, before.updates);
  for (const [name, { data }] of before.tensors) assert.deepEqual(after.tensors.get(name)?.data, data, name);
}

describe('a batch that cannot be trained on', () => {
  for (const [name, batch, code, message] of BAD_BATCHES) {
    test(`${name} is ${code}`, () => {
      withEngine(smallConfig('h2'), (engine) => {
        assertUntouched(engine, () => {
          assert.throws(() => engine.trainStep(batch, RATES, null), { code, message });
          assert.throws(() => engine.evaluateLoss(batch), { code, message });
        });
      });
    });
  }

  test('coconut has no corpus objective', () => {
    withEngine(smallConfig('coconut'), (engine) => {
      assert.throws(() => engine.evaluateLoss(corpus([[1, 2, 3, 4]], [[0]])), {
        code: 'CONFIG_INVALID',
        message: /coconut/,
      });
    });
  });

  test('a microbatch or a learning rate that is none', () => {
    withEngine(smallConfig('h2'), (engine) => {
      assertUntouched(engine, () => {
        assert.throws(() => engine.trainStep(item({}), RATES, 0), { code: 'CONFIG_INVALID', message: /microbatch/ });
        assert.throws(() => engine.trainStep(item({}), { ...RATES, soft: Number.NaN }, null), {
          code: 'CONFIG_INVALID',
          message: /lr\.soft: NaN/,
        });
      });
    });
  });

  test('an item that cannot be decoded', () => {
    withEngine(smallConfig('h2'), (engine) => {
      const generate = (question: number[], latents: number, count = 2) =>
        engine.generate([{ question, latents }], count, null);
      assert.throws(() => generate([], 1), { code: 'DATA_INVALID' });
      assert.throws(() => generate([99], 1), { code: 'TOKEN_OUT_OF_RANGE' });
      assert.throws(() => generate([1], LATENTS + 1), { code: 'DATA_INVALID' });
      assert.throws(() => generate(ones(46), LATENTS), { code: 'CONTEXT_EXCEEDED', message: /50.*48/ });
      assert.throws(() => generate([1], 1, 0), { code: 'CONFIG_INVALID', message: /max_new_tokens/ });
    });
  });
});

describe('weights that do not fit', () => {
  const name = 'coprocessor.transformer.h.1.mlp.c_fc.weight';
  const changed = (change: (tensor: HostTensor) => HostTensor | null): NamedTensors => {
    const weights = new Map(wildWeights(smallConfig('h2', { channel: { kind: 'embedding', rank: null } }), 7));
    const tensor = weights.get(name);
    const next = tensor && change(tensor);
    if (next) weights.set(name, next);
    else weights.delete(name);
    return weights;
  };
  const withValue = (value: number) =>
    changed(({ shape, data }) => ({ shape, data: data.map((own, i) => (i === 5 ? value : own)) }));

  const refused = (weights: NamedTensors, message: RegExp, culprit = name) =>
    withEngine(smallConfig('h2'), (engine) => {
      assertUntouched(engine, () => {
        assert.throws(() => engine.setWeights(weights), {
          code: 'WEIGHTS_INVALID',
          message,
          details: { name: culprit },
        });
      });
    });

  test('a missing tensor is named', () =>
    refused(
      changed(() => null),
      /missing/,
    ));
  test('NaN and infinity are refused, tensor named', () => {
    refused(withValue(Number.NaN), /not finite/);
    refused(withValue(Number.NEGATIVE_INFINITY), /not finite/);
  });
  test('a wrong shape is named with both shapes', () =>
    refused(
      changed(({ data }) => ({ shape: [32, 16], data })),
      /\[32, 16\].*\[16, 32\]/,
    ));
  test('data that does not fill its shape is refused', () =>
    refused(
      changed(({ shape, data }) => ({ shape, data: data.slice(1) })),
      /511/,
    ));
  test('an unknown tensor is named', () => {
    const extra = new Map([
      ...changed((tensor) => tensor),
      ['base.lm_head.weight', { shape: [1], data: Float32Array.of(1) }],
    ]);
    refused(extra, /lm_head/, 'base.lm_head.weight');
  });
  test('a state without one of its moments is refused', () => {
    withEngine(smallConfig('h2'), (engine) => {
      const { tensors, updates } = engine.state();
      const moment = `adam_v.${name}`;
      const without = new Map([...tensors].filter(([key]) => key !== moment));
      assertUntouched(engine, () => {
        assert.throws(() => engine.setState({ tensors: without, updates }), {
          code: 'WEIGHTS_INVALID',
          details: { name: moment },
        });
      });
    });
  });
  test('a state with an impossible update count is refused', () => {
    withEngine(smallConfig('h2'), (engine) => {
      const { tensors } = engine.state();
      assert.throws(() => engine.setState({ tensors, updates: -1 }), { code: 'WEIGHTS_INVALID', message: /-1/ });
    });
  });
});

describe('a loss that is not finite', () => {
  test('is NAN_LOSS before any weight is touched', () => {
    withEngine(smallConfig('h2'), (engine) => {
      const huge = new Map(
        [...engine.weights()].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => x * 1e25) }]),
      );
      engine.setWeights(huge);
      assertUntouched(engine, () => {
        assert.throws(() => engine.trainStep(item({}), RATES, null), { code: 'NAN_LOSS' });
      });
    });
  });
});

describe('settings that do not fit each other', () => {
  const cases: readonly (readonly [string, SystemName, Partial<EngineConfig>, RegExp])[] = [
    ['a channel without a Coprocessor', 'pause', { channel: { kind: 'embedding', rank: null } }, /channel/],
    ['a kv channel for h2', 'h2', { channel: { kind: 'kv', layers: 'all', rank: null } }, /channel: kv.*embedding/],
    [
      'a layer that does not exist',
      'h1',
      { channel: { kind: 'kv', layers: [2], rank: null } },
      /channel\.layers: layer 2/,
    ],
    ['more top layers than there are', 'h1', { channel: { kind: 'kv', layers: 'top:3', rank: null } }, /top:3/],
    ['a query in a plain system', 'cot', { query: 'marker' }, /query/],
    ['no query in a system that needs one', 'h2', { query: null }, /query/],
    ['a negative latent budget', 'h2', { latents: -1 }, /latents: -1/],
    ['a prefix loss with a frozen Base', 'liu', { prefixLmLossWeight: 1 }, /prefix_lm_loss_weight/],
    ['no thread', 'h2', { threads: 0 }, /threads: 0/],
  ];
  for (const [name, system, overrides, message] of cases) {
    test(`${name} is refused with key and value`, () => {
      assert.throws(() => createEngine(smallConfig(system, overrides)), { code: 'CONFIG_INVALID', message });
    });
  }

  test('a bottleneck wider than its channel', () => {
    const engine = createEngine(smallConfig('h2', { channel: { kind: 'embedding', rank: 17 } }));
    const options = { seed: 1, base: null, coprocessorInit: 'base', softInit: { kind: 'mean' } } as const;
    assert.throws(() => engine.initialise(options), { code: 'CONFIG_INVALID', message: /channel\.rank: 17.*16/ });
    engine.release();
  });

  test('a soft-token start outside of the vocabulary', () => {
    const engine = createEngine(smallConfig('h2'));
    const options = { seed: 1, base: null, coprocessorInit: 'base', softInit: { kind: 'token', id: 23 } } as const;
    assert.throws(() => engine.initialise(options), { code: 'TOKEN_OUT_OF_RANGE' });
    engine.release();
  });

  test('a model config that would compute something else', () => {
    const gpt2 = { model_type: 'gpt2', vocab_size: 9, n_positions: 8, n_embd: 6, n_layer: 1, n_head: 2 };
    assert.equal(parseModelConfig(gpt2).innerWidth, 24);
    assert.throws(() => parseModelConfig({ ...gpt2, activation_function: 'relu' }), {
      code: 'CONFIG_INVALID',
      message: /activation_function/,
    });
    assert.throws(() => parseModelConfig({ ...gpt2, n_head: 4 }), { code: 'CONFIG_INVALID', message: /n_embd/ });
    assert.throws(() => parseModelConfig({ model_type: 'bert' }), { code: 'CONFIG_INVALID', message: /model_type/ });
  });
});
