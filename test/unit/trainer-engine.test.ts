// The engine's own promises: equal bits, accumulation, resume, decoding with a cache, first weights.

import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { SystemName } from '../../services/study/settings/system-names.ts';
import type { NamedTensors } from '../../services/tensor/runtime/index.ts';
import { readSafetensors, writeSafetensors } from '../../services/tensor/safetensors/index.ts';
import {
  createEngine,
  type EngineConfig,
  type InitialiseOptions,
  type TrainingEngine,
} from '../../services/trainer/engine/index.ts';
import type { Batch, GenerateItem } from '../../services/trainer/systems/index.ts';
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
  withEngine,
} from './trainer-small-engine.ts';

const ALL: readonly SystemName[] = [...PLAIN, ...WITH_LATENTS, 'without_thought'];

function batchOf(config: EngineConfig, seed: number, count = 5): Batch {
  const items = Array.from({ length: count }, (_, i) => ({
    question: randomTokens(2 + ((i * 5 + seed) % 9), seed, i),
    latents: Math.min(config.latents, i % (LATENTS + 1)),
    target: randomTokens(1 + ((i * 3) % 6), seed, i, 1),
  }));
  return { kind: 'curriculum', items };
}

function assertSameBits(have: NamedTensors, want: NamedTensors): void {
  assert.deepEqual([...have.keys()], [...want.keys()]);
  for (const [name, { data }] of want) assert.deepEqual(have.get(name)?.data, data, name);
}

describe('a training run', () => {
  for (const system of ['h2', 'h1', 'coconut', 'cot'] as const) {
    test(`${system}: cut at any step and resumed from a file has the bits of an uncut one`, () => {
      const config = smallConfig(system);
      const step = (engine: TrainingEngine, s: number) =>
        engine.trainStep(batchOf(config, s), RATES, s % 2 === 0 ? 2 : null);
      const uncut = withEngine(config, (engine) => {
        const losses = [1, 2, 3, 4].map((s) => step(engine, s).lossNats);
        return { losses, state: engine.state() };
      });
      const folder = mkdtempSync(join(tmpdir(), 'lsweep-resume-'));
      try {
        const file = join(folder, 'state.safetensors');
        const updates = withEngine(config, (engine) => {
          [1, 2].map((s) => step(engine, s));
          const state = engine.state();
          const fd = openSync(file, 'w');
          writeSafetensors(fd, state.tensors);
          closeSync(fd);
          return state.updates;
        });
        const resumed = withEngine(
          config,
          (engine) => {
            engine.setState({ tensors: readSafetensors(file).tensors, updates });
            return { losses: [3, 4].map((s) => step(engine, s).lossNats), state: engine.state() };
          },
          99,
        );
        assert.deepEqual(resumed.losses, uncut.losses.slice(2));
        assert.equal(resumed.state.updates, uncut.state.updates);
        assertSameBits(resumed.state.tensors, uncut.state.tensors);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  test('has the same bits again, in another engine, with two threads too', () => {
    for (const threads of [1, 2]) {
      const config = smallConfig('h2', { threads });
      const run = () =>
        withEngine(config, (engine) => {
          for (let s = 0; s < 3; s++) engine.trainStep(batchOf(config, s), RATES, null);
          return engine.weights();
        });
      assertSameBits(run(), run());
    }
  });

  test('lowers the loss', () => {
    for (const system of ALL) {
      const config = smallConfig(system);
      withEngine(config, (engine) => {
        const batch = batchOf(config, 1);
        const before = engine.evaluateLoss(batch).lossNats;
        for (let s = 0; s < 12; s++) engine.trainStep(batch, RATES, null);
        const after = engine.evaluateLoss(batch).lossNats;
        assert.ok(after < before - 0.05, `${system}: ${before} to ${after}`);
      });
    }
  });

  test('what a batch does not reach has no gradient, whatever the batch before it left', () => {
    for (const system of ['h2', 'h1_h2', 'soft_embeddings'] as const) {
      withEngine(smallConfig(system), (engine) => {
        const batch = (latents: number): Batch => ({
          kind: 'curriculum',
          items: [{ question: [1, 2, 3], latents, target: [4, 5] }],
        });
        const sizes = (latents: number) =>
          [...engine.inspect(batch(latents)).gradients]
            .filter(([name]) => /^coprocessor|soft_tokens/.test(name))
            .map(([, { data }]) => Math.hypot(...data));
        assert.ok(sizes(LATENTS).some((size) => size > 0));
        assert.ok(sizes(0).every((size) => size === 0));
      });
    }
  });

  test('an accumulated batch equals one batch up to the order of summation', () => {
    const site: Batch = {
      kind: 'corpus',
      tokens: [1, 2, 3].map((row) => randomTokens(12, row)),
      sites: [
        [1, 4],
        [2, 6],
        [0, 3],
      ],
      ahead: 2,
    };
    for (const system of ['h2', 'h1_h2', 'pause', 'coconut', 'no_cot'] as const) {
      const config = smallConfig(system);
      const batches: readonly Batch[] = ['coconut', 'no_cot'].includes(system)
        ? [batchOf(config, 2)]
        : [batchOf(config, 2), site];
      for (const batch of batches) {
        // with every moment at zero the first update depends on the sign of a gradient alone: compare moments, not weights
        const run = (microbatch: number | null) =>
          withEngine(config, (engine) => ({
            result: engine.trainStep(batch, RATES, microbatch),
            tensors: engine.state().tensors,
          }));
        const whole = run(null);
        for (const microbatch of [1, 2, 100]) {
          const { result, tensors } = run(microbatch);
          assert.equal(result.targets, whole.result.targets);
          assert.ok(Math.abs(result.lossNats - whole.result.lossNats) < 1e-5 * whole.result.lossNats);
          assert.ok(Math.abs(result.gradNorm - whole.result.gradNorm) < 1e-4 * whole.result.gradNorm);
          for (const [name, { data }] of whole.tensors) {
            if (!name.startsWith('adam_m.')) continue;
            const off = relativeDifference(tensors.get(name)?.data ?? [], data);
            assert.ok(off < 2e-4, `${system}, ${microbatch}: ${name} is off by ${off}`);
          }
        }
      }
    }
  });

  test('the prefix loss is accumulated over all rows alike', () => {
    const config = smallConfig('soft_embeddings', { prefixLmLossWeight: 0.5 });
    const batch: Batch = {
      kind: 'corpus',
      tokens: [randomTokens(9, 1), randomTokens(9, 2)],
      sites: [[2], [3]],
      ahead: 2,
    };
    const run = (microbatch: number | null) =>
      withEngine(config, (engine) => engine.trainStep(batch, RATES, microbatch));
    assert.ok(Math.abs(run(1).lossNats - run(null).lossNats) < 1e-5);
    assert.ok(Math.abs(run(1).gradNorm - run(null).gradNorm) < 1e-5);
  });

  test('a learning rate moves its own group only', () => {
    const config = smallConfig('h2');
    withEngine(config, (engine) => {
      const before = engine.weights();
      engine.trainStep(batchOf(config, 1), { base: 0, coprocessor: 0, soft: 1e-2 }, null);
      const moved = [...engine.weights()].filter(([name, { data }]) =>
        data.some((value, i) => value !== before.get(name)?.data[i]),
      );
      assert.deepEqual(moved.map(([name]) => name).sort(), ['query_token', 'soft_tokens']);
    });
  });

  test('resetting the optimizer makes the next update a first one', () => {
    const config = smallConfig('soft_embeddings');
    withEngine(config, (engine) => {
      engine.trainStep(batchOf(config, 1), RATES, null);
      engine.resetOptimizer();
      const { updates, tensors } = engine.state();
      assert.equal(updates, 0);
      for (const [name, { data }] of tensors)
        if (name.startsWith('adam_'))
          assert.ok(
            data.every((value) => value === 0),
            name,
          );
    });
  });
});

/** Greedy decoding without any cache: every prefix anew, the last logits of a whole pass. */
function decodeNaively(engine: TrainingEngine, item: GenerateItem, maxNewTokens: number, eos: number | null): number[] {
  const tokens: number[] = [];
  while (tokens.length < maxNewTokens && (tokens.length === 0 || tokens.at(-1) !== eos)) {
    const { logits, targets } = engine.inspect({ kind: 'curriculum', items: [{ ...item, target: [...tokens, 0] }] });
    const last = logits.subarray((targets - 1) * VOCABULARY);
    tokens.push(last.indexOf(Math.max(...last)));
  }
  return tokens;
}

describe('decoding with a cache', () => {
  for (const system of ALL) {
    test(`${system}: gives the tokens of decoding without one`, () => {
      for (const model of [GPT2, QWEN3]) {
        const kv = system === 'h1' || system === 'h1_h2';
        const config = smallConfig(system, {
          model,
          ...(kv ? { channel: { kind: 'kv', layers: [0], rank: null } } : {}),
        });
        const items = [7, 2, 11, 4].map((length, i) => ({
          question: randomTokens(length, length),
          latents: Math.min(config.latents, i),
        }));
        withEngine(config, (engine) => {
          const generated = engine.generate(items, 6, 3);
          assert.deepEqual(
            generated.map(({ tokens }) => tokens),
            items.map((item) => decodeNaively(engine, item, 6, 3)),
          );
        });
      }
    });
  }

  test('query repeat, low rank and more items than one pass takes', () => {
    const config = smallConfig('h1', { query: 'repeat', channel: { kind: 'kv', layers: 'all', rank: 3 } });
    const items = Array.from({ length: 37 }, (_, i) => ({
      question: randomTokens(1 + (i % 13), i),
      latents: i % (LATENTS + 1),
    }));
    withEngine(config, (engine) => {
      const generated = engine.generate(items, 3, null);
      assert.deepEqual(
        generated.map(({ tokens }) => tokens),
        items.map((item) => decodeNaively(engine, item, 3, null)),
      );
    });
  });

  test('stops after the end token, which is kept, and at the end of the context', () => {
    withEngine(smallConfig('no_cot'), (engine) => {
      const question = randomTokens(5, 1);
      const [free] = engine.generate([{ question, latents: 0 }], 8, null);
      const eos = free?.tokens[2] ?? 0;
      const [ended] = engine.generate([{ question, latents: 0 }], 8, eos);
      const at = (free?.tokens ?? []).indexOf(eos);
      assert.deepEqual(ended?.tokens, free?.tokens.slice(0, at + 1));
      const nearEnd = engine.generate([{ question: randomTokens(46, 2), latents: 0 }], 10, null);
      assert.equal(nearEnd[0]?.tokens.length, 3);
    });
  });

  test('of nothing is nothing', () => {
    withEngine(smallConfig('h2'), (engine) => assert.deepEqual(engine.generate([], 4, null), []));
  });
});

const FRESH: InitialiseOptions = { seed: 3, base: null, coprocessorInit: 'base', softInit: { kind: 'mean' } };

function initialised(config: EngineConfig, options: Partial<InitialiseOptions> = {}): NamedTensors {
  const engine = createEngine(config);
  try {
    engine.initialise({ ...FRESH, ...options });
    return engine.weights();
  } finally {
    engine.release();
  }
}

const deviation = (data: ArrayLike<number>): number =>
  Math.sqrt(Array.from(data).reduce((sum, x) => sum + x * x, 0) / data.length);

describe('first weights', () => {
  test('are a pure function of config and seed', () => {
    assertSameBits(initialised(smallConfig('h2')), initialised(smallConfig('h2')));
    const other = initialised(smallConfig('h2'), { seed: 4 });
    assert.notDeepEqual(
      other.get('base.transformer.wte.weight')?.data,
      initialised(smallConfig('h2')).get('base.transformer.wte.weight')?.data,
    );
  });

  test('follow the rules of GPT-2', () => {
    const weights = initialised(smallConfig('no_cot', { model: { ...GPT2, width: 64, innerWidth: 256 } }));
    const of = (name: string) => weights.get(`base.transformer.${name}`)?.data ?? [];
    assert.ok(Math.abs(deviation(of('h.0.attn.c_attn.weight')) - 0.02) < 1e-3);
    assert.ok(Math.abs(deviation(of('wpe.weight')) - 0.02) < 1e-3);
    assert.ok(Math.abs(deviation(of('h.1.mlp.c_proj.weight')) - 0.01) < 5e-4);
    assert.ok(Array.from(of('h.0.ln_1.weight')).every((value) => value === 1));
    assert.ok(Array.from(of('h.0.attn.c_attn.bias')).every((value) => value === 0));
  });

  test('follow the rules of Qwen-3', () => {
    const weights = initialised(smallConfig('no_cot', { model: { ...QWEN3, width: 64, innerWidth: 256 } }));
    const of = (name: string) => weights.get(`base.model.${name}`)?.data ?? [];
    assert.ok(Math.abs(deviation(of('layers.1.mlp.down_proj.weight')) - 0.02) < 1e-3);
    assert.ok(Array.from(of('layers.0.self_attn.q_norm.weight')).every((value) => value === 1));
  });

  test('of the Coprocessor are a copy of the Base, or its own', () => {
    const name = 'transformer.h.1.mlp.c_fc.weight';
    const copied = initialised(smallConfig('liu'));
    assert.deepEqual(copied.get(`coprocessor.${name}`)?.data, copied.get(`base.${name}`)?.data);
    const own = initialised(smallConfig('liu'), { coprocessorInit: 'random' });
    assert.notDeepEqual(own.get(`coprocessor.${name}`)?.data, own.get(`base.${name}`)?.data);
  });

  test('of the soft tokens lie around the mean embedding, a token, or zero, and differ by slot', () => {
    const config = smallConfig('soft_embeddings');
    const softRow = (softInit: InitialiseOptions['softInit'], slot: number) => {
      const weights = initialised(config, { softInit });
      return { weights, row: weights.get('soft_tokens')?.data.slice(slot * 16, slot * 16 + 16) ?? new Float32Array() };
    };
    const { row, weights } = softRow({ kind: 'token', id: 5 }, 1);
    const embedding = weights.get('base.transformer.wte.weight')?.data.subarray(5 * 16, 6 * 16) ?? [];
    const noise = deviation(row.map((value, i) => value - (embedding[i] ?? 0)));
    assert.ok(noise > 0.01 && noise < 0.03, `${noise}`);
    assert.notDeepEqual(softRow({ kind: 'mean' }, 0).row, softRow({ kind: 'mean' }, 1).row);
    assert.ok(softRow({ kind: 'zeros' }, 2).row.every((value) => value === 0));
  });

  test('can start from a given Base, and refuse one that does not fit', () => {
    const given = new Map([...initialised(smallConfig('no_cot'), { seed: 8 })]);
    const weights = initialised(smallConfig('h1'), { base: given });
    for (const [name, { data }] of given) assert.deepEqual(weights.get(name)?.data, data);
    const name = 'base.transformer.ln_f.bias';
    const without = new Map([...given].filter(([key]) => key !== name));
    assert.throws(() => initialised(smallConfig('h1'), { base: without }), {
      code: 'WEIGHTS_INVALID',
      details: { name },
    });
    const extra = new Map([...given, ['base.lm_head.weight', { shape: [1], data: Float32Array.of(1) }]]);
    assert.throws(() => initialised(smallConfig('h1'), { base: extra }), {
      code: 'WEIGHTS_INVALID',
      details: { name: 'base.lm_head.weight' },
    });
  });

  test('of soft_2x compute the function of the Base it doubles', () => {
    for (const model of [GPT2, QWEN3]) {
      const base = new Map([...initialised(smallConfig('no_cot', { model }), { seed: 8 })]);
      const loss = (system: SystemName) => {
        const config = smallConfig(system, { model });
        const engine = createEngine(config);
        engine.initialise({ ...FRESH, base });
        const { lossNats } = engine.evaluateLoss(batchOf(config, 1));
        engine.release();
        return lossNats;
      };
      assert.ok(Math.abs(loss('soft_2x') - loss('soft_embeddings')) < 1e-6);
    }
  });

  test('of a bottleneck as wide as the channel are the identity', () => {
    for (const [system, channel] of [
      ['h2', { kind: 'embedding', rank: 16 }],
      ['h1', { kind: 'kv', layers: 'all', rank: 16 }],
    ] as const) {
      const loss = (narrowed: EngineConfig['channel']) => {
        const config = smallConfig(system, { channel: narrowed });
        const engine = createEngine(config);
        engine.initialise(FRESH);
        const { lossNats } = engine.evaluateLoss(batchOf(config, 1));
        engine.release();
        return lossNats;
      };
      assert.ok(Math.abs(loss(channel) - loss(null)) < 1e-5);
    }
  });

  test('capacity is counted per latent', () => {
    const capacity = (system: SystemName, overrides: Partial<EngineConfig> = {}) =>
      withEngine(smallConfig(system, overrides), (engine) => engine.capacityFloatsPerLatent);
    assert.equal(capacity('h2'), 16);
    assert.equal(capacity('h1'), 2 * 2 * 16);
    assert.equal(capacity('h1', { model: QWEN3, channel: { kind: 'kv', layers: 'top:1', rank: null } }), 2 * 16);
    assert.equal(capacity('h1', { channel: { kind: 'kv', layers: 'all', rank: 5 } }), 2 * 2 * 5);
    assert.equal(capacity('cot'), 0);
  });
});
