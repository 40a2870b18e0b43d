// The grid as a bijection, and what sweeps that grow or overlap keep.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gridOf } from '../../services/study/plan/grid.ts';
import { canonicalJson } from '../../services/study/plan/identity.ts';
import { planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import type { SweepSpec } from '../../services/study/plan/sweep-spec.ts';
import { specOf } from './sweep-spec-of.ts';

const axes = fc
  .array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
  .map((radices) =>
    radices.map((radix, axis) => ({ path: `axis${axis}`, values: Array.from({ length: radix }, (_, value) => value) })),
  );
const seeds = fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 4 });

type Grid = Pick<SweepSpec, 'axes' | 'include' | 'exclude' | 'seeds'>;
const cellsOf = (spec: Grid) => {
  const grid = gridOf(spec);
  return Array.from({ length: grid.size }, (_, index) => grid.cell(index));
};
const textsOf = (spec: Grid): readonly string[] =>
  cellsOf(spec).map(({ values, seed }) => canonicalJson({ values, seed }));

test('cells are every combination of values and seeds, each once', () => {
  fc.assert(
    fc.property(axes, seeds, (list, seedList) => {
      const texts = textsOf({ axes: list, include: [], exclude: [], seeds: seedList });
      assert.equal(
        texts.length,
        list.reduce((product, axis) => product * axis.values.length, seedList.length),
      );
      assert.equal(new Set(texts).size, texts.length);
    }),
  );
});

test('excluded points are gone, all others stay in order', () => {
  const point = fc.dictionary(fc.constantFrom('axis0', 'axis1', 'axis2'), fc.nat(3), { minKeys: 1, maxKeys: 2 });
  fc.assert(
    fc.property(axes, seeds, fc.array(point, { maxLength: 3 }), (list, seedList, exclude) => {
      const matches = (values: Readonly<Record<string, unknown>>): boolean =>
        exclude.some((partial) => Object.entries(partial).every(([path, value]) => values[path] === value));
      const all = cellsOf({ axes: list, include: [], exclude: [], seeds: seedList });
      assert.deepEqual(
        cellsOf({ axes: list, include: [], exclude, seeds: seedList }),
        all.filter(({ values }) => !matches(values)),
      );
    }),
  );
});

test('an included point runs through the axes that it leaves open', () => {
  const spec: Grid = {
    axes: [
      { path: 'system', values: ['liu', 'h2'] },
      { path: 'latents', values: [2, 4, 8] },
    ],
    include: [{ system: 'no_cot', curriculum: null }],
    exclude: [{ system: 'liu', latents: 8 }],
    seeds: [0, 7],
  };
  const cells = cellsOf(spec);
  assert.equal(cells.length, 2 * (5 + 3));
  assert.deepEqual(
    cells.filter(({ include }) => include === 0).map(({ values, seed }) => [values['system'], values['latents'], seed]),
    [0, 7].flatMap((seed) => [2, 4, 8].map((latents) => ['no_cot', latents, seed])),
  );
});

test('no cell lies outside', () => {
  const grid = gridOf({ axes: [], include: [], exclude: [], seeds: [3] });
  assert.deepEqual(grid.cell(0), { seed: 3, include: null, values: {} });
  for (const index of [-1, 1, 0.5]) assert.throws(() => grid.cell(index), RangeError);
});

const trialKeys = (spec: SweepSpec): readonly string[] => {
  const plan = planSweepFile(spec);
  return Array.from({ length: plan.size }, (_, index) => plan.cell(index).trial.key);
};

test('more seeds, values and axes that hold the old value keep every trial that was there', () => {
  fc.assert(
    fc.property(seeds, seeds, fc.uniqueArray(fc.constantFrom(2, 4, 6, 8), { minLength: 1 }), (old, more, latents) => {
      const before = specOf({ seeds: old });
      const [systems] = before.axes;
      assert.ok(systems);
      const after = specOf({
        seeds: [...new Set([...more, ...old])],
        axes: [
          { path: 'train.batch', values: [64, 128] },
          systems,
          { path: 'latents', values: [...new Set([...latents, 2, 4])] },
        ],
      });
      const kept = new Set(trialKeys(after));
      for (const key of trialKeys(before)) assert.ok(kept.has(key));
    }),
    { numRuns: 20 },
  );
});

test('two sweeps share exactly the trials that they have in common, and all their Bases', () => {
  const one = specOf({
    name: 'one',
    axes: [
      { path: 'system', values: ['liu', 'h1'] },
      { path: 'latents', values: [2, 4] },
    ],
  });
  const two = specOf({
    name: 'two',
    axes: [
      { path: 'latents', values: [4, 8] },
      { path: 'system', values: ['h1', 'h2'] },
    ],
    priority: 1,
  });
  const shared = trialKeys(one).filter((key) => trialKeys(two).includes(key));
  assert.equal(shared.length, 1);
  const bases = [one, two].flatMap((spec) => {
    const plan = planSweepFile(spec);
    return Array.from({ length: plan.size }, (_, index) => plan.cell(index).trial.phases[0]?.key);
  });
  assert.equal(new Set(bases).size, 1);
});

test('a plain system is one trial at every latent budget', () => {
  const keys = trialKeys(
    specOf({
      axes: [
        { path: 'system', values: ['no_cot', 'h2'] },
        { path: 'latents', values: [2, 4, 6] },
      ],
    }),
  );
  assert.equal(new Set(keys).size, 4);
});

test('a Base differs only where its own settings do', () => {
  const plan = planSweepFile(
    specOf({
      axes: [
        { path: 'base.lr', values: [1e-3, 3e-3] },
        { path: 'system', values: ['liu', 'h2'] },
        { path: 'latents', values: [1] },
      ],
    }),
  );
  const bases = Array.from({ length: plan.size }, (_, index) => plan.cell(index).trial.phases[0]?.key);
  assert.equal(new Set(bases).size, 2);
});
