// Latent analyses and interventions on cases that can be worked out by hand, and on properties that hold for any rows.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Matrix } from 'ml-matrix';
import { canonicalInterventions, interventionLabel } from '../../services/study/settings/latent-analysis.ts';
import { cyclicDonors, LatentMean, latentGeometry, replacedLatents } from '../../services/trainer/analyses/index.ts';
import { slotShuffled } from '../../services/trainer/analyses/latent-rows.ts';
import { principalAngles } from '../../services/trainer/analyses/principal-angles.ts';
import { componentsFor } from '../../services/trainer/analyses/principal-components.ts';
import { draws } from '../../services/trainer/random/draws.ts';
import type { AnalysisValue } from '../../workflows/domain/phase-result.ts';

/** Rows by slot: slots[s][item] is a vector. */
function rowsOf(slots: readonly (readonly (readonly number[])[])[]) {
  const items = slots[0]?.length ?? 0;
  const values = Array.from({ length: items }, (_, item) => slots.flatMap((slot) => slot[item] ?? [])).flat();
  return { items, slots: slots.length, width: slots[0]?.[0]?.length ?? 0, values };
}

const geometry = (slots: readonly (readonly (readonly number[])[])[], threshold = 0.97) =>
  latentGeometry(rowsOf(slots), { threshold, silhouetteItems: 1_000 });
const valuesOf = (rows: readonly AnalysisValue[], name: string, label = ''): number[] =>
  rows.filter((row) => row.name === name && row.label === label).map(({ value }) => value);
const near = (have: readonly number[], want: readonly number[]): void => {
  assert.equal(have.length, want.length);
  have.forEach((value, index) => {
    const expected = want[index] ?? 0;
    const same = Number.isNaN(expected) ? Number.isNaN(value) : Math.abs(value - expected) < 1e-12;
    assert.ok(same, `${index}: ${value} against ${expected}`);
  });
};

/** Along the first axis, along the second, along their diagonal. */
const X = [
  [1, 0, 0],
  [-1, 0, 0],
  [2, 0, 0],
  [-2, 0, 0],
];
const Y = [
  [0, 1, 5],
  [0, -1, 5],
  [0, 2, 5],
  [0, -2, 5],
];
const D = [
  [1, 1, 0],
  [-1, -1, 0],
  [2, 2, 0],
  [-2, -2, 0],
];

describe('the geometry of a latent space', () => {
  test('slots along lines capture the squared cosine of their angle', () => {
    const rows = geometry([X, Y, D]);
    near(valuesOf(rows, 'cross_capture'), [1, 0, 0.5, 0, 1, 0.5, 0.5, 0.5, 1]);
    near(valuesOf(rows, 'h_off'), [2 / 6]);
    near(valuesOf(rows, 'capture_rank'), [1, 1, 1]);
    near(valuesOf(rows, 'cross_capture_random'), [1 / 3, 1 / 3, 1 / 3]);
    for (const label of ['smallest', 'mean', 'largest'])
      near(valuesOf(rows, 'principal_angle', label), [Math.PI / 2, Math.PI / 4, Math.PI / 4]);
    near(valuesOf(rows, 'participation_ratio_by_slot'), [1, 1, 1]);
    near(valuesOf(rows, 'effective_rank_by_slot'), [1, 1, 1]);
  });

  test('the mean of a slot changes no capture, but parts the clusters', () => {
    const far = X.map(([x = 0, y, z]) => [x + 100, y ?? 0, z ?? 0]);
    const rows = geometry([X, far]);
    near(valuesOf(rows, 'cross_capture'), [1, 1, 1, 1]);
    assert.ok((valuesOf(rows, 'silhouette')[0] ?? 0) > 0.95);
    near(valuesOf(geometry([X, X]), 'silhouette').map(Math.sign), [-1]);
  });

  test('two pairs of points have the silhouette of the textbook', () => {
    // within: 1; to the other slot: 4 and 5, mean 4.5, or 3 and 4, mean 3.5
    const rows = geometry([
      [[0], [1]],
      [[4], [5]],
    ]);
    const s = (3.5 / 4.5 + 2.5 / 3.5) / 2;
    near(valuesOf(rows, 'silhouette_by_slot'), [s, s]);
    near(valuesOf(rows, 'silhouette'), [s]);
  });

  test('equal variances in k directions have rank k by either measure', () => {
    const cross = [
      [1, 0, 0],
      [-1, 0, 0],
      [0, 1, 0],
      [0, -1, 0],
    ];
    const rows = geometry([cross, cross]);
    near(valuesOf(rows, 'participation_ratio'), [2]);
    near(valuesOf(rows, 'effective_rank'), [2]);
    near(valuesOf(rows, 'capture_rank'), [2, 2]);
  });

  test('cosines are those of the rows themselves', () => {
    const rows = geometry([
      [
        [1, 0],
        [1, 0],
      ],
      [
        [0, 2],
        [3, 0],
      ],
      [
        [-1, 0],
        [-1, 0],
      ],
    ]);
    near(valuesOf(rows, 'slot_cosine_by_pair'), [0.5, -1, -0.5]);
    near(valuesOf(rows, 'slot_cosine'), [-1 / 3]);
  });

  test('what is not defined is NaN: rows that do not vary, a single slot', () => {
    const still = [
      [1, 2],
      [1, 2],
      [1, 2],
    ];
    const rows = geometry([still, still]);
    near(valuesOf(rows, 'cross_capture'), [Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    near(valuesOf(rows, 'capture_rank'), [0, 0]);
    near(valuesOf(rows, 'participation_ratio'), [Number.NaN]);
    near(valuesOf(rows, 'effective_rank'), [Number.NaN]);
    near(valuesOf(rows, 'principal_angle', 'mean'), [Number.NaN]);
    near(valuesOf(rows, 'silhouette'), [0]);
    const alone = geometry([X]);
    near(valuesOf(alone, 'silhouette'), [Number.NaN]);
    near(valuesOf(alone, 'h_off'), [Number.NaN]);
    near(valuesOf(alone, 'slot_cosine'), [Number.NaN]);
    near(valuesOf(alone, 'cross_capture'), [1]);
  });

  test('small angles keep their digits', () => {
    const tilt = 1e-7;
    const a = new Matrix([
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
    const b = new Matrix([
      [1, 0],
      [0, Math.cos(tilt)],
      [0, Math.sin(tilt)],
    ]);
    near(principalAngles(a, b), [0, tilt]);
  });

  test('any rows: captures lie in 0..1, the diagonal reaches the threshold, names with their indices are unique', () => {
    fc.assert(
      fc.property(
        ...([fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 })] as const),
        fc.nat({ max: 1e6 }),
        fc.constantFrom(0.5, 0.97, 1),
        (items, slots, width, seed, threshold) => {
          const source = draws('rows', seed);
          const values = Array.from({ length: items * slots * width }, () => source.normal());
          const rows = latentGeometry({ items, slots, width, values }, { threshold, silhouetteItems: items });
          for (const { name, i, j, value } of rows) {
            if (!name.startsWith('cross_capture')) continue;
            assert.ok(value >= 0 && value <= 1 + 1e-12);
            if (name === 'cross_capture' && i === j) assert.ok(value >= threshold - 1e-12);
          }
          const keys = rows.map(({ name, label, i, j }) => JSON.stringify([name, label, i, j]));
          assert.equal(new Set(keys).size, keys.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a threshold of the whole variance takes every direction', () => {
    assert.equal(componentsFor([4, 2, 1], 1), 3);
    assert.equal(componentsFor([4, 2, 1], 4 / 7), 1);
    assert.equal(componentsFor([], 0.97), 0);
  });

  test('shuffled slots keep every item’s rows', () => {
    const rows = rowsOf([X, Y, D]);
    const shuffled = slotShuffled(rows);
    const itemRows = (values: ArrayLike<number>, item: number) =>
      [0, 1, 2]
        .map((slot) =>
          Array.from(values)
            .slice((item * 3 + slot) * 3, (item * 3 + slot + 1) * 3)
            .join(),
        )
        .sort();
    for (let item = 0; item < rows.items; item++)
      assert.deepEqual(itemRows(shuffled.values, item), itemRows(rows.values, item));
    assert.notDeepEqual(Array.from(shuffled.values), rows.values);
  });
});

describe('interventions', () => {
  test('are each once, in one order, and none without latents', () => {
    const written = ['zero', { truncate: 2 }, 'mean', { truncate: 2 }, 'zero', { truncate: 1 }] as const;
    const canonical = canonicalInterventions(written, 4);
    assert.deepEqual(canonical.map(interventionLabel), ['mean', 'truncate:1', 'truncate:2', 'zero']);
    assert.deepEqual(canonicalInterventions(written, 0), []);
  });

  test('every item gives its latents to exactly one other, always the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 300 }), (items) => {
        const donors = cyclicDonors(items);
        assert.deepEqual(new Set(donors).size, items);
        assert.ok(donors.every((donor, item) => donor !== item && donor < items));
        assert.deepEqual(cyclicDonors(items), donors);
      }),
    );
    assert.deepEqual([...cyclicDonors(1)], [0]);
  });

  test('swap moves every slot by half of the budget; of cache entries the values only', () => {
    const latents = Float32Array.of(1, 2, 3, 4, 5, 6);
    const rows = { kind: 'rows', parts: 1, width: 2 } as const;
    assert.deepEqual([...replacedLatents('swap', latents, rows)], [3, 4, 5, 6, 1, 2]);
    const entries = { kind: 'entries', parts: 2, width: 1 } as const;
    assert.deepEqual([...replacedLatents('swap', latents, entries)], [1, 2, 3, 5, 6, 4]);
    assert.deepEqual([...replacedLatents('swap', latents.slice(0, 2), rows)], [1, 2]);
    assert.deepEqual([...replacedLatents('zero', latents, rows)], [0, 0, 0, 0, 0, 0]);
  });

  test('the mean is that of the items', () => {
    const mean = new LatentMean();
    for (const latents of [Float32Array.of(1, 2), Float32Array.of(2, 4), Float32Array.of(6, 0)]) mean.add(latents);
    assert.deepEqual([...mean.value()], [3, 2]);
  });
});
