// Latents read out of one pass and given to another: the hook of causal tests. What is given must do what the computed latents do, and
// an intervention must equal the same question asked of an engine whose weights make it so.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemName } from '../../services/study/settings/system-names.ts';
import type { EngineConfig, TrainingEngine } from '../../services/trainer/engine/index.ts';
import type { CurriculumItem, ItemLatents } from '../../services/trainer/systems/index.ts';
import {
  LATENTS,
  PLAIN,
  QWEN3,
  randomTokens,
  relativeDifference,
  smallConfig,
  WITH_LATENTS,
  wildWeights,
  withEngine,
} from './trainer-small-engine.ts';

const QUESTIONS = [3, 7, 5].map((length, index) => randomTokens(length, 40 + index));
const items = (latents = LATENTS): CurriculumItem[] =>
  QUESTIONS.map((question, index) => ({ question, latents, target: randomTokens(2 + index, 60 + index) }));
const NEW_TOKENS = 5;

const loss = (engine: TrainingEngine, some: readonly CurriculumItem[], given?: readonly ItemLatents[]): number =>
  engine.evaluateLoss({ kind: 'curriculum', items: some }, given).lossNats;
const tokens = (engine: TrainingEngine, some: readonly CurriculumItem[], given?: readonly ItemLatents[]) =>
  engine.generate(some, NEW_TOKENS, null, given).map((generation) => [...generation.tokens]);
const close = (have: number, want: number, what: string): void =>
  assert.ok(Math.abs(have - want) < 2e-5 * Math.abs(want), `${what}: ${have} against ${want}`);

/** Every system with latents in both families where it exists; kv channels also of some layers and through a bottleneck. */
const CASES: readonly (readonly [string, EngineConfig])[] = [
  ...WITH_LATENTS.map((system): [string, EngineConfig] => [system, smallConfig(system)]),
  ...(['h1', 'h2', 'coconut'] as const).map((system): [string, EngineConfig] => [
    `${system} of qwen3`,
    smallConfig(system, { model: QWEN3 }),
  ]),
  ['h1 top:1', smallConfig('h1', { channel: { kind: 'kv', layers: 'top:1', rank: null } })],
  ['h1_h2 rank 3 of qwen3', smallConfig('h1_h2', { model: QWEN3, channel: { kind: 'kv', layers: 'all', rank: 3 } })],
  ['liu rank 3', smallConfig('liu', { channel: { kind: 'embedding', rank: 3 } })],
];

describe('given latents', () => {
  for (const [name, config] of CASES) {
    test(`${name}: its own ones give the loss and the tokens of computed ones`, () => {
      withEngine(config, (engine) => {
        const observed = engine.observeLatents(items()).map(({ exchanged }) => exchanged);
        close(loss(engine, items(), observed), loss(engine, items()), 'loss');
        assert.deepEqual(tokens(engine, items(), observed), tokens(engine, items()));
      });
    });
  }

  test('are [P, N, W]: rows of the width, or keys and values of each exchanged layer', () => {
    const sizes = (['liu', 'soft_2x', 'h1', 'coconut'] as const).map((system) =>
      withEngine(smallConfig(system), (engine) => [
        engine.latentLayout,
        engine.observeLatents(items()).map(({ exchanged, lastHidden }) => [exchanged.length, lastHidden.length]),
      ]),
    );
    const all = (size: number): number[][] => QUESTIONS.map(() => [size, LATENTS * 16]);
    assert.deepEqual(sizes, [
      [{ kind: 'rows', parts: 1, width: 16 }, all(LATENTS * 16)],
      [{ kind: 'rows', parts: 1, width: 16 }, all(LATENTS * 16)],
      [{ kind: 'entries', parts: 4, width: 16 }, all(4 * LATENTS * 16)],
      [{ kind: 'entries', parts: 4, width: 16 }, all(4 * LATENTS * 16)],
    ]);
  });

  test('zeros as rows equal soft tokens of zero', () => {
    const config = smallConfig('soft_embeddings');
    withEngine(config, (engine) => {
      const zeros = QUESTIONS.map(() => new Float32Array(LATENTS * 16));
      const have = [loss(engine, items(), zeros), tokens(engine, items(), zeros)] as const;
      const weights = new Map(wildWeights(engine.config, 1));
      weights.set('soft_tokens', { shape: [LATENTS, 16], data: new Float32Array(LATENTS * 16) });
      engine.setWeights(weights);
      close(have[0], loss(engine, items()), 'loss');
      assert.deepEqual(have[1], tokens(engine, items()));
    });
  });

  test('zeros as entries equal a bottleneck whose way up is zero', () => {
    withEngine(smallConfig('h1', { channel: { kind: 'kv', layers: 'all', rank: 3 } }), (engine) => {
      const zeros = engine.observeLatents(items()).map(({ exchanged }) => new Float32Array(exchanged.length));
      const have = loss(engine, items(), zeros);
      const weights = [...wildWeights(engine.config, 1)].map(([name, { shape, data }]) => {
        return [name, { shape, data: name.endsWith('.up') ? new Float32Array(data.length) : data }] as const;
      });
      engine.setWeights(new Map(weights));
      close(have, loss(engine, items()), 'loss');
    });
  });

  test('of another example change the answer only through the latents: equal questions exchange freely', () => {
    withEngine(smallConfig('h1', { model: QWEN3 }), (engine) => {
      const [first] = items();
      assert.ok(first);
      const twins = [first, { ...first, target: [...first.target] }];
      const own = engine.observeLatents(twins).map(({ exchanged }) => exchanged);
      close(loss(engine, twins, own.toReversed()), loss(engine, twins), 'twins');
      const all = engine.observeLatents(items()).map(({ exchanged }) => exchanged);
      assert.ok(Math.abs(loss(engine, items(), all.toReversed()) - loss(engine, items())) > 1e-3);
    });
  });

  test('an item’s answer does not depend on its company', () => {
    withEngine(smallConfig('h1_h2', { model: QWEN3 }), (engine) => {
      const given = engine.observeLatents(items()).map(({ exchanged }) => exchanged.map((value) => -value));
      const together = tokens(engine, items(), given);
      const alone = items().flatMap((item, index) => tokens(engine, [item], given.slice(index, index + 1)));
      assert.deepEqual(together, alone);
    });
  });

  test('are refused where there are none, or when they do not fit', () => {
    for (const system of [...PLAIN, 'without_thought'] satisfies SystemName[]) {
      withEngine(smallConfig(system), (engine) => {
        assert.equal(engine.latentLayout, null);
        assert.throws(() => engine.observeLatents(items(0)), { code: 'CONFIG_INVALID' });
        assert.throws(() => engine.generate(items(0), 1, null, [new Float32Array(1)]), { code: 'INTERNAL' });
      });
    }
    withEngine(smallConfig('h2'), (engine) => {
      assert.throws(() => loss(engine, items(), [new Float32Array(LATENTS * 16)]), { code: 'INTERNAL' });
      assert.throws(
        () =>
          tokens(
            engine,
            items(),
            QUESTIONS.map(() => new Float32Array(16)),
          ),
        { code: 'INTERNAL' },
      );
    });
  });
});

describe('what is seen of the latents', () => {
  test('the last hidden layer is what the embedding channel exchanges, and does not depend on the batch', () => {
    withEngine(smallConfig('h2', { model: QWEN3 }), (engine) => {
      const together = engine.observeLatents(items());
      for (const [index, { exchanged, lastHidden }] of together.entries()) {
        assert.deepEqual(exchanged, lastHidden);
        const [alone] = engine.observeLatents(items().slice(index, index + 1));
        assert.ok(relativeDifference(alone?.lastHidden ?? [], lastHidden) < 1e-5);
      }
    });
  });

  for (const [name, config] of CASES) {
    test(`${name}: attention shares add up to 1, with none for latents in layers that exchange nothing`, () => {
      withEngine(config, (engine) => {
        const { layers, targets } = engine.observeAttention(items());
        assert.equal(targets, 2 + 3 + 4);
        const empty = name === 'h1 top:1' ? [0] : [];
        layers.forEach(({ question, latents, target }, layer) => {
          assert.ok(Math.abs(question + latents + target - 1) < 1e-5);
          assert.ok(question > 0 && target > 0 && (empty.includes(layer) ? latents === 0 : latents > 0));
        });
        const without = engine.observeAttention(items(0));
        assert.ok(without.layers.every(({ latents }) => latents === 0));
      });
    });
  }
});
