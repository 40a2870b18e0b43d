// Identities: the same work has the same keys however it is written, and different work never does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, contentHash } from '../../services/study/plan/identity.ts';
import { pipelineOf } from '../../services/study/plan/pipeline.ts';
import type { SweepSpec } from '../../services/study/plan/sweep-spec.ts';
import { type TrialSettings, trialSettingsSchema } from '../../services/study/settings/settings.ts';
import { SYSTEM_NAMES } from '../../services/study/settings/system-names.ts';
import { systemTraits } from '../../services/study/systems/system-traits.ts';

const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const whole = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

/** Settings as a person might write them: some keys left out, valid together. */
const written = fc
  .record({
    layers: whole(3),
    task: fc.oneof(
      fc.record(
        { name: fc.constant('prosqa'), train: some(whole(500)), nodes: some(fc.constantFrom(8, 22.8)) },
        { requiredKeys: ['name'] },
      ),
      fc.record({ name: fc.constant('countdown'), operands: some(fc.constantFrom(3, 4)) }, { requiredKeys: ['name'] }),
      fc.record({ name: fc.constant('gsm8k'), test: some(fc.option(whole(50))) }, { requiredKeys: ['name'] }),
    ),
    system: fc.constantFrom(...SYSTEM_NAMES),
    latents: whole(8),
    tokenizer: some(fc.constantFrom('bytes', 'words')),
    query: some(fc.constantFrom('marker', 'repeat')),
    lr: some(fc.constantFrom(1e-4, 0.003)),
    clip: some(fc.option(fc.constantFrom(0.5, 1))),
    steps: whole(20),
    base: some(fc.record({ steps: some(whole(50)), seed: some(whole(3)) })),
    evaluate: some(fc.record({ items: some(whole(20)) })),
    seed: fc.nat(5),
  })
  .map(({ layers, lr, clip, steps, base, ...rest }) => {
    const train = {
      stepsPerStage: steps,
      ...(lr === undefined ? {} : { lr }),
      ...(clip === undefined ? {} : { clip }),
    };
    return withoutUndefined({
      model: { family: 'gpt2', layers, width: 16, heads: 2 },
      train,
      base: base ?? {},
      ...rest,
    });
  });

function withoutUndefined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) => (child === undefined ? [] : [[key, withoutUndefined(child)]])),
  );
}

function withKeysTurned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withKeysTurned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, child]) => [key, withKeysTurned(child)]),
  );
}

const parse = (value: unknown): TrialSettings => trialSettingsSchema.parse(value);
const keysOf = (settings: TrialSettings, files?: SweepSpec['files']): readonly string[] => {
  const { key, phases } = pipelineOf(settings, files);
  return [key, ...phases.map((phase) => phase.key)];
};

test('order of keys, defaults written out and canonical form change no key', () => {
  fc.assert(
    fc.property(written, (settings) => {
      const keys = keysOf(parse(settings));
      assert.deepEqual(keysOf(parse(withKeysTurned(settings))), keys);
      assert.deepEqual(keysOf(parse(parse(settings))), keys, 'every default written');
      assert.deepEqual(keysOf(pipelineOf(parse(settings)).settings), keys, 'canonical form is a fixed point');
    }),
  );
});

test('numbers count by value: 1e-4, 0.0001 and 1.0E-4 are one number, and so are 1 and 1.0', () => {
  const text = (lr: string, one: string): unknown =>
    JSON.parse(
      `{"model": {"family": "gpt2", "layers": ${one}, "width": 16, "heads": 2}, "task": {"name": "gsm8k"}, "system": "cot", "train": {"stepsPerStage": 5, "lr": ${lr}}, "seed": 0}`,
    );
  const keys = keysOf(parse(text('1e-4', '1')));
  assert.deepEqual(keysOf(parse(text('0.0001', '1.0'))), keys);
  assert.deepEqual(keysOf(parse(text('1.0E-4', '10e-1'))), keys);
  assert.equal(canonicalJson({ b: -0, a: [1e21, 1e-7] }), '{"a":[1e+21,1e-7],"b":0}');
});

test('what cannot influence a system is not part of its trial', () => {
  fc.assert(
    fc.property(
      written,
      whole(8),
      fc.boolean(),
      fc.constantFrom('mean', 'zeros'),
      (settings, latents, through, softInit) => {
        const one = parse(settings);
        const traits = systemTraits(one.system);
        const other: TrialSettings = {
          ...one,
          ...(traits.latents ? {} : { latents }),
          ...(traits.plain ? { softInit, query: 'repeat' } : {}),
          ...(traits.trainsBase && !traits.plain ? {} : { gradThroughCache: through }),
          ...(traits.coprocessor === null ? { coprocessorInit: 'random' } : {}),
        };
        assert.deepEqual(keysOf(other), keysOf(one));
      },
    ),
  );
});

const settings = (change: Record<string, unknown> = {}): TrialSettings =>
  parse({
    model: { family: 'gpt2', layers: 4, width: 16, heads: 2 },
    task: { name: 'countdown' },
    system: 'h1',
    latents: 4,
    train: { stepsPerStage: 5 },
    base: {},
    seed: 0,
    ...change,
  });

test('ways to write one meaning are one trial', () => {
  const key = (change: Record<string, unknown>): string => pipelineOf(settings(change)).key;
  const same = (...changes: readonly Record<string, unknown>[]): void => {
    assert.equal(new Set(changes.map(key)).size, 1, JSON.stringify(changes));
  };
  const model = { family: 'gpt2', layers: 4, width: 16, heads: 2 };
  same({}, { channel: null }, { channel: { kind: 'kv' } }, { channel: { kind: 'kv', layers: 'top:4' } });
  same(
    {},
    { channel: { kind: 'kv', layers: [0, 1, 2, 3] } },
    { model: { ...model, inner: 64, kvHeads: 2, headWidth: 8 } },
  );
  same({ system: 'h2' }, { system: 'h2', channel: { kind: 'embedding', rank: null } });
  same({}, { train: { stepsPerStage: 5, batch: 128, microbatch: 128 } }, { base: { sequence: 1024 } });
  same({}, { train: { stepsPerStage: 5, lr: { base: 7, coprocessor: 1e-4, soft: 1e-4 } } });
  same(
    { system: 'no_cot', curriculum: { stages: 2 }, train: { stepsPerStage: 5 } },
    { system: 'no_cot', curriculum: { stages: 4, firstStage: 1, finalStage: false }, train: { stepsPerStage: 5 } },
    { system: 'no_cot', train: { stepsPerStage: 20 } },
  );
  same({ evaluate: { items: 1024 } }, { evaluate: { items: null } }, { evaluate: { items: 5000 } });
});

test('what matters to one phase leaves the phases before it as they are', () => {
  const [, base, finetune, evaluate] = keysOf(settings());
  const changed = (change: Record<string, unknown>): readonly boolean[] => {
    const [, b, f, e] = keysOf(settings(change));
    return [b !== base, f !== finetune, e !== evaluate];
  };
  assert.deepEqual(changed({ base: { steps: 7 } }), [true, true, true]);
  assert.deepEqual(changed({ task: { name: 'countdown', operands: 4 } }), [true, true, true]);
  for (const change of [
    { seed: 1 },
    { latents: 8 },
    { query: 'repeat' },
    { channel: { kind: 'kv', rank: 16 } },
    { train: { stepsPerStage: 6 } },
  ]) {
    assert.deepEqual(changed(change), [false, true, true], JSON.stringify(change));
  }
  assert.deepEqual(changed({ evaluate: { items: 10 } }), [false, false, true]);
});

test('files count by content, wherever they lie', () => {
  const facts = (sha256: string) => ({ sha256, examples: 100, shape: null });
  const from = (name: string) => settings({ task: { name: 'gsm8k', trainFile: name } });
  const keys = keysOf(from('/a/train.txt'), { '/a/train.txt': facts('1f') });
  assert.deepEqual(keysOf(from('/b/moved.txt'), { '/b/moved.txt': facts('1f') }), keys);
  assert.notDeepEqual(keysOf(from('/a/train.txt'), { '/a/train.txt': facts('2e') }), keys);
});

test('a hash is the first 32 hex digits of the SHA-256 of canonical JSON', () => {
  // sha256 of {"a":1}
  assert.equal(contentHash({ a: 1 }), '015abd7f5cc57a2dd94b7590f04ad808');
  assert.throws(() => contentHash(Number.NaN), /NaN/);
});
