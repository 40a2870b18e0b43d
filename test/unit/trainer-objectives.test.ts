// Objectives that shape latents (docs/design/study.md section 12), as equalities: what a weight of 0 leaves alone, what a term is by its own
// formula, what parts of a batch and an interruption must not change, and which settings cannot be.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Objective } from '../../services/study/settings/index.ts';
import type { SystemName } from '../../services/study/settings/system-names.ts';
import type { NamedTensors } from '../../services/tensor/runtime/index.ts';
import { type EngineConfig, TrainingEngine } from '../../services/trainer/engine/index.ts';
import type { Batch } from '../../services/trainer/systems/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import {
  GPT2,
  QWEN3,
  RATES as RATES_OF_SYSTEM,
  randomTokens,
  smallConfig,
  WITH_LATENTS,
  withEngine,
} from './trainer-small-engine.ts';

const RATES = { ...RATES_OF_SYSTEM, step_decoder: 1e-2 };
const KV: readonly SystemName[] = ['h1', 'h1_h2'];
const orthogonality = (weight: number): Objective => ({ kind: 'orthogonality', weight });
const steps = (weight: number, layers: number | null = null): Objective => ({ kind: 'steps', weight, layers });

/** Latents 4, two for each replaced step. */
const shaped = (system: SystemName, objectives: readonly Objective[], overrides: Partial<EngineConfig> = {}) =>
  smallConfig(system, { latents: 4, objectives, latentsPerStep: 2, ...overrides });

/** Items of different lengths with 0 to 4 latents and as many replaced steps as they have, some with fewer. */
function batchOf(seed: number, count = 5): Batch {
  const items = Array.from({ length: count }, (_, i) => {
    const latents = (i + seed) % 5;
    const replaced = Math.min(Math.floor(latents / 2), i % 3);
    return {
      question: randomTokens(2 + ((i * 5 + seed) % 9), seed, i),
      latents,
      target: randomTokens(1 + ((i * 3) % 6), seed, i, 1),
      steps: Array.from({ length: replaced }, (_, s) => randomTokens(1 + ((i + s) % 4), seed, i, 2, s)),
    };
  });
  return { kind: 'curriculum', items };
}

const withoutDecoder = (tensors: NamedTensors): [string, Float32Array][] =>
  [...tensors].filter(([name]) => !name.includes('step_decoder.')).map(([name, { data }]) => [name, data]);

describe('a weight of 0', () => {
  for (const system of WITH_LATENTS) {
    test(`${system}: gives the bits of a run without the term, which is a number all the same`, () => {
      const objectives = KV.includes(system) ? [orthogonality(0)] : [orthogonality(0), steps(0)];
      const run = (config: EngineConfig) =>
        withEngine(config, (engine) => {
          const losses = [1, 2, 3].map((s) => engine.trainStep(batchOf(s), RATES, s === 2 ? 2 : null));
          return { losses, tensors: withoutDecoder(engine.state().tensors) };
        });
      const [without, with0] = [run(smallConfig(system, { latents: 4 })), run(shaped(system, objectives))];
      assert.deepEqual(
        with0.losses.map(({ lossNats, gradNorm }) => [lossNats, gradNorm]),
        without.losses.map(({ lossNats, gradNorm }) => [lossNats, gradNorm]),
      );
      assert.deepEqual(with0.tensors, without.tensors);
      for (const { terms } of with0.losses) {
        assert.deepEqual(
          [...terms.keys()],
          objectives.map(({ kind }) => kind),
        );
        for (const value of terms.values()) assert.ok(value > 0, `${system}: ${value}`);
      }
    });
  }
});

describe('a term', () => {
  test('orthogonality is the mean squared cosine over pairs of a site, then over sites with a pair', () => {
    const config = shaped('soft_embeddings', [orthogonality(0.5)], { model: QWEN3, query: 'repeat' });
    const batch = batchOf(3);
    assert.equal(batch.kind, 'curriculum');
    withEngine(shaped('h2', [orthogonality(0.5)]), (engine) => {
      // h2's rows are what its Coprocessor hands over: they can be read out
      const compared = batch.items.filter(({ latents }) => latents > 1);
      const observed = engine.observeLatents(compared);
      const bySite = observed.map(({ lastHidden }, index) => {
        const count = compared[index]?.latents ?? 0;
        const row = (i: number) => lastHidden.subarray(i * GPT2.width, (i + 1) * GPT2.width);
        const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
        let sum = 0;
        for (let i = 0; i < count; i++)
          for (let j = 0; j < count; j++)
            if (i !== j) sum += dot(row(i), row(j)) ** 2 / (dot(row(i), row(i)) * dot(row(j), row(j)));
        return sum / (count * (count - 1));
      });
      const expected = bySite.reduce((a, b) => a + b, 0) / bySite.length;
      const term = engine.trainStep(batch, RATES, null).terms.get('orthogonality') ?? Number.NaN;
      assert.ok(Math.abs(term - expected) < 1e-5 * expected, `${term} is not ${expected}`);
    });
    // one site with equal rows: every cosine is 1
    withEngine({ ...config, system: 'pause', latentsPerStep: 2 }, (engine) => {
      const [first] = batch.items;
      assert.ok(first);
      const term = engine.trainStep({ kind: 'curriculum', items: [{ ...first, latents: 1 }] }, RATES, null).terms;
      assert.equal(term.get('orthogonality'), 0, 'one latent has nobody to be compared with');
    });
  });

  for (const system of WITH_LATENTS) {
    test(`${system}: gradients are those of finite differences of the optimised loss`, () => {
      const objectives = KV.includes(system) ? [orthogonality(0.7)] : [orthogonality(0.7), steps(0.9, 1)];
      const config = shaped(system, objectives);
      const batch = batchOf(4);
      withEngine(config, (engine) => {
        const weights = engine.weights();
        const lossOf = (moved: NamedTensors): number => {
          engine.setWeights(moved);
          const { lossNats, terms } = engine.trainStep(
            batch,
            { base: 0, coprocessor: 0, soft: 0, step_decoder: 0 },
            null,
          );
          return objectives.reduce((sum, { kind, weight }) => sum + weight * (terms.get(kind) ?? 0), lossNats);
        };
        const { gradients } = engine.inspect(batch);
        let checked = 0;
        for (const [name, { data, shape }] of gradients) {
          const values = weights.get(name)?.data ?? new Float32Array();
          // along the gradient itself: one number for a tensor, clear of rounding
          const length = Math.hypot(...data);
          // the step decoder reads the Base's embedding as a constant, which a difference does not know
          if (length < 1e-4 || (objectives.length > 1 && name.endsWith('wte.weight'))) continue;
          const step = 2e-3;
          const move = (sign: number): NamedTensors =>
            new Map([
              ...weights,
              [name, { shape, data: values.map((value, i) => value + (sign * step * (data[i] ?? 0)) / length) }],
            ]);
          const slope = (lossOf(move(1)) - lossOf(move(-1))) / (2 * step);
          assert.ok(
            Math.abs(slope - length) <= 0.03 * length + 2e-3,
            `${system} ${name}: ${length}, by difference ${slope}`,
          );
          checked += 1;
        }
        assert.ok(checked > 10);
        const decoder = [...gradients.keys()].filter((name) => name.startsWith('step_decoder.'));
        assert.equal(decoder.length > 0, !KV.includes(system));
        assert.ok(!decoder.some((name) => name.includes('wte')), 'its embedding is the Base');
      });
    });
  }

  test('is the same for a batch in parts, also where parts have no replaced step or no pair', () => {
    for (const system of ['h2', 'coconut', 'soft_embeddings'] as const) {
      const config = shaped(system, [orthogonality(0.3), steps(1)]);
      const run = (microbatch: number | null) =>
        withEngine(config, (engine) => {
          const result = engine.trainStep(batchOf(2, 7), RATES, microbatch);
          return result;
        });
      const [whole, parts] = [run(null), run(2)];
      const close = (have: number, want: number, what: string): void =>
        assert.ok(Math.abs(have - want) <= 1e-5 * want, `${system} ${what}: ${have}, at once ${want}`);
      for (const [kind, value] of whole.terms) close(parts.terms.get(kind) ?? 0, value, kind);
      close(parts.gradNorm, whole.gradNorm, 'gradient norm');
    }
  });

  test('is none of an evaluation', () => {
    const batch = batchOf(5);
    const [plain, withTerms] = [smallConfig('h2', { latents: 4 }), shaped('h2', [orthogonality(1), steps(1)])].map(
      (config) => withEngine(config, (engine) => engine.evaluateLoss(batch)),
    );
    assert.deepEqual(withTerms, plain);
  });
});

test('the step decoder goes on with the same bits from a state', () => {
  const config = shaped('h2', [steps(1, 1)]);
  const uncut = withEngine(config, (engine) => {
    for (const s of [1, 2, 3]) engine.trainStep(batchOf(s), RATES, null);
    return engine.state();
  });
  const half = withEngine(config, (engine) => {
    engine.trainStep(batchOf(1), RATES, null);
    return engine.state();
  });
  const resumed = withEngine(
    config,
    (engine) => {
      engine.setState(half);
      for (const s of [2, 3]) engine.trainStep(batchOf(s), RATES, null);
      return engine.state();
    },
    7,
  );
  assert.deepEqual(resumed, uncut);
  assert.ok([...uncut.tensors.keys()].some((name) => name.startsWith('adam_m.step_decoder.')));
});

test('the step decoder begins as the first layers of the Base and its final norm', () => {
  const engine = new TrainingEngine(shaped('h2', [steps(1, 1)]));
  try {
    engine.initialise({ seed: 3, base: null, coprocessorInit: 'base', softInit: { kind: 'mean' } });
    const weights = engine.weights();
    const decoder = [...weights].filter(([name]) => name.startsWith('step_decoder.'));
    assert.ok(decoder.length > 0);
    assert.ok(!decoder.some(([name]) => name.includes('.h.1.') || name.includes('wte')));
    for (const [name, { data }] of decoder)
      assert.deepEqual(data, weights.get(name.replace('step_decoder.', 'base.'))?.data, name);
  } finally {
    engine.release();
  }
});

test('settings that cannot be are refused with key, value and what is allowed', () => {
  const refused = (config: EngineConfig, ...words: readonly RegExp[]): void => {
    assert.throws(
      () => new TrainingEngine(config),
      (error) => {
        assert.ok(error instanceof LatentSweepError && error.code === 'CONFIG_INVALID');
        for (const word of words) assert.match(error.message, word);
        return true;
      },
    );
  };
  refused(smallConfig('cot', { objectives: [orthogonality(1)] }), /train\.objectives: orthogonality/, /cot/);
  refused(smallConfig('without_thought', { objectives: [orthogonality(1)] }), /without_thought/);
  refused(smallConfig('h2', { latents: 1, objectives: [orthogonality(1)] }), /latents 1/, /at least 2/);
  refused(shaped('h1', [steps(1)]), /steps/, /cache entries/);
  refused(smallConfig('h2', { latents: 4, objectives: [steps(1)] }), /steps/, /curriculum/);
  refused(shaped('h2', [steps(1, 3)]), /layers: 3/, /2 layers/);
  refused(shaped('h2', [orthogonality(-1)]), /weight: -1/);
  refused(shaped('h2', [steps(1), steps(2)]), /each kind once/);
});
