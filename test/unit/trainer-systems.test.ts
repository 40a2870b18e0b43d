// The equalities of docs/design/study.md section 3 that guard masks, positions and gradients of every system.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { SystemName } from '../../services/study/settings/system-names.ts';
import type { EngineConfig, Inspection } from '../../services/trainer/engine/index.ts';
import type { Batch, CurriculumItem } from '../../services/trainer/systems/index.ts';
import {
  GPT2,
  LATENTS,
  PLAIN,
  QWEN3,
  RATES,
  randomTokens,
  relativeDifference,
  smallConfig,
  VOCABULARY,
  WITH_LATENTS,
  WITH_SOFT_TOKENS,
  wildWeights,
  withEngine,
} from './trainer-small-engine.ts';

const AHEAD = 3;
const LENGTH = 14;
/** fp32 sums in another order. */
const ROUNDING = 2e-5;

const model = fc.constantFrom(GPT2, QWEN3);
const siteSystem = fc.constantFrom<SystemName>(
  'soft_embeddings',
  'soft_2x',
  'pause',
  'liu',
  'h1',
  'h2',
  'h1_h2',
  'without_thought',
);
const kvSystem = new Set<SystemName>(['h1', 'h1_h2']);
const options = fc.record({
  system: siteSystem,
  model,
  query: fc.constantFrom('marker' as const, 'repeat' as const),
  gradThroughCache: fc.boolean(),
  someLayers: fc.boolean(),
  rank: fc.constantFrom(null, 3),
});
const sites = fc.uniqueArray(fc.integer({ min: 0, max: LENGTH - 1 - AHEAD }), { minLength: 1, maxLength: 4 });
const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);

type Options = typeof options extends fc.Arbitrary<infer T> ? T : never;

function configOf({ system, model: shape, query, gradThroughCache, someLayers, rank }: Options): EngineConfig {
  const channel = kvSystem.has(system)
    ? ({ kind: 'kv', layers: someLayers ? [1] : 'all', rank } as const)
    : system === 'liu' || system === 'h2'
      ? ({ kind: 'embedding', rank } as const)
      : null;
  return smallConfig(system, { model: shape, query, gradThroughCache, channel });
}

const corpus = (tokens: number[][], siteRows: number[][]): Batch => ({
  kind: 'corpus',
  tokens,
  sites: siteRows,
  ahead: AHEAD,
});

/** Every site as an item of its own: prefix, latents and targets run separately. */
function naiveItems(tokens: readonly number[], siteRow: readonly number[], latents: number): readonly CurriculumItem[] {
  return siteRow.map((site) => ({
    question: tokens.slice(0, site + 1),
    latents,
    target: tokens.slice(site + 1, site + 1 + AHEAD),
  }));
}

function assertSame(have: Inspection, want: Inspection): void {
  assert.ok(
    Math.abs(have.lossNats - want.lossNats) <= ROUNDING * want.lossNats,
    `loss ${have.lossNats}, ${want.lossNats}`,
  );
  assert.ok(relativeDifference(have.logits, want.logits) <= ROUNDING, 'logits');
  for (const [name, { data }] of want.gradients) {
    const off = relativeDifference(have.gradients.get(name)?.data ?? [], data);
    assert.ok(off <= 10 * ROUNDING, `gradient of ${name} is off by ${off}`);
  }
}

describe('a site is what its definition says', () => {
  test('a multi-site pass equals, site by site, the naive computation of each', () => {
    fc.assert(
      fc.property(options, sites, sites, fc.nat({ max: 999 }), (option, first, second, seed) => {
        const count = Math.min(first.length, second.length);
        const rows = [first, second].map((row) => ascending(row.slice(0, count)));
        const tokens = rows.map((_, b) => randomTokens(LENGTH, seed, b));
        const config = configOf(option);
        withEngine(config, (engine) => {
          const items = tokens.flatMap((row, b) => naiveItems(row, rows[b] ?? [], config.latents));
          const naive = engine.inspect({ kind: 'curriculum', items });
          assertSame(engine.inspect(corpus(tokens, rows)), naive);
        });
      }),
      { numRuns: 24 },
    );
  });

  test('sites at every position, more rows than positions, equal the naive computation', () => {
    const dense = Array.from({ length: LENGTH - AHEAD }, (_, position) => position);
    const tokens = [0, 1].map((b) => randomTokens(LENGTH, 5, b));
    for (const shape of [GPT2, QWEN3]) {
      withEngine(smallConfig('h2', { model: shape }), (engine) => {
        const items = tokens.flatMap((row) => naiveItems(row, dense, LATENTS));
        const naive = engine.inspect({ kind: 'curriculum', items });
        assertSame(engine.inspect(corpus(tokens, [dense, dense])), naive);
      });
    }
  });

  test('later original tokens and other sites change no logit of a site', () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 4 }), fc.nat({ max: 999 }), (option, site, seed) => {
        const tokens = randomTokens(LENGTH, seed);
        const later = tokens.map((token, i) => (i > site + AHEAD ? (token + 1) % VOCABULARY : token));
        withEngine(configOf(option), (engine) => {
          const logits = (row: number[], siteRow: number[]) =>
            engine.inspect(corpus([row], [siteRow])).logits.slice(0, AHEAD * VOCABULARY);
          assert.deepEqual(logits(later, [site, 8]), logits(tokens, [site, 8]));
          assert.deepEqual(logits(tokens, [site, 10]), logits(tokens, [site, 8]));
        });
      }),
      { numRuns: 12 },
    );
  });

  test('targets that are read change only the logits after them', () => {
    withEngine(smallConfig('h2'), (engine) => {
      const item = (target: number[]): Batch => ({
        kind: 'curriculum',
        items: [{ question: [1, 2, 3], latents: 2, target }],
      });
      const [one, other] = [engine.inspect(item([4, 5, 6])).logits, engine.inspect(item([4, 9, 6])).logits];
      assert.deepEqual(one.slice(0, 2 * VOCABULARY), other.slice(0, 2 * VOCABULARY));
      assert.notDeepEqual(one.slice(2 * VOCABULARY), other.slice(2 * VOCABULARY));
    });
  });

  test('the prefix loss adds its weight times the next-token loss of the Base pass', () => {
    const tokens = [randomTokens(LENGTH, 1), randomTokens(LENGTH, 2)];
    const batch = corpus(tokens, [[2], [5]]);
    const weight = 0.7;
    const config = smallConfig('soft_embeddings');
    const weights = wildWeights(config, 1);
    const base = new Map([...weights].filter(([name]) => name.startsWith('base.')));
    const plain = withEngine(smallConfig('continued_pretraining'), (engine) => {
      engine.setWeights(base);
      return engine.inspect({ kind: 'corpus', tokens, sites: null, ahead: 1 });
    });
    const without = withEngine(config, (engine) => engine.inspect(batch));
    const both = withEngine({ ...config, prefixLmLossWeight: weight }, (engine) => engine.inspect(batch));
    assert.ok(Math.abs(both.lossNats - (without.lossNats + weight * plain.lossNats)) < 1e-4);
    for (const [name, { data }] of both.gradients) {
      const [own, ofPlain] = [without.gradients.get(name)?.data, plain.gradients.get(name)?.data];
      const sum = data.map((_, i) => (own?.[i] ?? 0) + weight * (ofPlain?.[i] ?? 0));
      assert.ok(relativeDifference(data, sum) < 1e-4, name);
    }
  });
});

const item = fc.record({
  question: fc.array(fc.nat({ max: VOCABULARY - 1 }), { minLength: 1, maxLength: 12 }),
  latents: fc.integer({ min: 0, max: LATENTS }),
  target: fc.array(fc.nat({ max: VOCABULARY - 1 }), { minLength: 1, maxLength: 9 }),
});

describe('padding changes nothing', () => {
  test('an item has the same logits alone and among longer ones', () => {
    const system = fc.constantFrom<SystemName>(...PLAIN, ...WITH_LATENTS, 'without_thought');
    fc.assert(
      fc.property(system, model, item, item, (name, shape, small, other) => {
        const config = smallConfig(name, { model: shape });
        const fit = (each: CurriculumItem) => ({ ...each, latents: Math.min(each.latents, config.latents) });
        const large = { ...fit(other), question: [...other.question, ...other.question] };
        withEngine(config, (engine) => {
          const alone = engine.inspect({ kind: 'curriculum', items: [fit(small)] });
          const together = engine.inspect({ kind: 'curriculum', items: [fit(small), large] });
          const off = relativeDifference(together.logits.subarray(0, alone.logits.length), alone.logits);
          assert.ok(off <= ROUNDING, `off by ${off}`);
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('who is trained', () => {
  const batch: Batch = {
    kind: 'curriculum',
    items: [
      { question: [1, 2, 3], latents: LATENTS, target: [4, 5] },
      { question: [6, 7], latents: 1, target: [8] },
    ],
  };

  for (const system of ['liu', 'h1'] as const) {
    test(`${system} gives the Base no gradient and leaves its bits alone`, () => {
      withEngine(smallConfig(system), (engine) => {
        const before = engine.weights();
        engine.trainStep(batch, RATES, null);
        assert.ok(engine.trainedNames.every((name) => !name.startsWith('base.')));
        for (const [name, { data }] of engine.weights()) {
          if (name.startsWith('base.')) assert.deepEqual(data, before.get(name)?.data, name);
        }
      });
    });
  }

  for (const system of WITH_SOFT_TOKENS) {
    test(`${system}: the soft tokens have a gradient that is not zero`, () => {
      withEngine(smallConfig(system), (engine) => {
        const { gradients } = engine.inspect(batch);
        assert.ok(gradients.get('soft_tokens')?.data.some((value) => Math.abs(value) > 1e-6));
        assert.ok(gradients.get('query_token')?.data.some((value) => Math.abs(value) > 1e-6));
      });
    });
  }

  test('h2 trains the Base, also when the cache hands no gradient back', () => {
    const gradient = (gradThroughCache: boolean) =>
      withEngine(smallConfig('h2', { gradThroughCache }), (engine) => engine.inspect(batch));
    const [open, stopped] = [gradient(true), gradient(false)];
    assert.equal(open.lossNats, stopped.lossNats);
    const name = 'base.transformer.h.0.attn.c_attn.weight';
    assert.ok(stopped.gradients.get(name)?.data.some((value) => Math.abs(value) > 1e-6));
    assert.notDeepEqual(open.gradients.get(name)?.data, stopped.gradients.get(name)?.data);
  });

  test('a kv channel trains nothing of the Coprocessor above its highest layer', () => {
    withEngine(smallConfig('h1', { channel: { kind: 'kv', layers: [0], rank: null } }), (engine) => {
      const trained = engine.trainedNames.filter((name) => name.startsWith('coprocessor.'));
      assert.deepEqual(trained.map((name) => name.replace('coprocessor.transformer.', '')).sort(), [
        'h.0.attn.c_attn.bias',
        'h.0.attn.c_attn.weight',
        'h.0.ln_1.bias',
        'h.0.ln_1.weight',
        'wpe.weight',
      ]);
    });
  });
});

describe('the gradient of a whole system matches finite differences', () => {
  const tokens = [randomTokens(LENGTH, 3), randomTokens(LENGTH, 4)];
  const curriculum: Batch = {
    kind: 'curriculum',
    items: [
      { question: [1, 2, 3, 4], latents: LATENTS, target: [4, 5, 6] },
      { question: [6, 7], latents: 1, target: [8] },
    ],
  };
  const plain: Batch = { kind: 'curriculum', items: [{ question: [1, 2, 3], latents: 0, target: [4, 5] }] };
  const cases: readonly (readonly [string, EngineConfig, Batch])[] = [
    ['cot', smallConfig('cot'), plain],
    ['without_thought', smallConfig('without_thought'), plain],
    ...WITH_LATENTS.flatMap((system) =>
      [GPT2, QWEN3].map(
        (shape) => [`${system} ${shape.kind}`, smallConfig(system, { model: shape }), curriculum] as const,
      ),
    ),
    ['h2 repeat', smallConfig('h2', { query: 'repeat' }), curriculum],
    ['h1_h2 rank 3', smallConfig('h1_h2', { channel: { kind: 'kv', layers: 'all', rank: 3 } }), curriculum],
    ['liu rank 3', smallConfig('liu', { channel: { kind: 'embedding', rank: 3 } }), curriculum],
    [
      'h2 corpus with prefix loss',
      smallConfig('h2', { prefixLmLossWeight: 0.5 }),
      corpus(tokens, [
        [2, 7],
        [5, 9],
      ]),
    ],
  ];
  for (const [name, config, batch] of cases) {
    test(name, () => {
      withEngine(config, (engine) => {
        const weights = engine.weights();
        const { gradients } = engine.inspect(batch);
        // one direction per tensor: along its own gradient, where the slope is the gradient's norm; any direction where that is zero
        for (const [tensor, { data: own }] of gradients) {
          const isZero = Math.hypot(...own) < 1e-3;
          const gradient = isZero ? Float32Array.from(own, (_, i) => Math.cos(i)) : own;
          const norm = Math.hypot(...gradient);
          const { shape, data } = weights.get(tensor) ?? { shape: [], data: new Float32Array() };
          const loss = (step: number) => {
            const moved = data.map((value, i) => value + (step * (gradient[i] ?? 0)) / norm);
            engine.setWeights(new Map([...weights, [tensor, { shape, data: moved }]]));
            return engine.evaluateLoss(batch).lossNats;
          };
          const step = 1e-2;
          const slope = (8 * (loss(step) - loss(-step)) - (loss(2 * step) - loss(-2 * step))) / (12 * step);
          const expected = isZero ? 0 : norm;
          assert.ok(
            Math.abs(slope - expected) <= 0.01 * expected + (isZero ? 1e-3 : 1e-4),
            `${tensor}: gradient ${expected}, slope ${slope}`,
          );
        }
      });
    });
  }
});
