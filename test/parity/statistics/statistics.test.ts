// Statistics of reports against SciPy, statsmodels and NumPy, to 1e-9; and what must hold for any data.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { bootstrapMean } from '../../../services/report/statistics/bootstrap.ts';
import { holm } from '../../../services/report/statistics/holm.ts';
import { mcnemar } from '../../../services/report/statistics/mcnemar.ts';
import { quantile } from '../../../services/report/statistics/quantile.ts';
import { drawResampling, type Resampling } from '../../../services/report/statistics/resampling.ts';
import { slopeWeights } from '../../../services/report/statistics/slope-weights.ts';
import { wilsonInterval } from '../../../services/report/statistics/wilson-interval.ts';

const LIMIT = 1e-9;
const numbers = z.array(z.number());
const table = z.array(numbers);
const fixtures = z
  .object({
    wilson: z.array(z.object({ correct: z.number(), items: z.number(), low: z.number(), high: z.number() })),
    mcnemar: z.array(z.object({ onlyA: z.number(), onlyB: z.number(), exact: z.number(), mid: z.number() })),
    holm: z.array(z.object({ ps: numbers, corrected: numbers })),
    bootstrap: z.array(
      z.object({
        ...{ rows: table, drawnItems: table, drawnSeeds: table },
        ...{ value: z.number(), low: z.number(), high: z.number() },
      }),
    ),
    slope: z.array(z.object({ xs: numbers, ys: numbers, slope: z.number() })),
    quantile: z.array(z.object({ ascending: numbers, probability: z.number(), value: z.number() })),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures.json', import.meta.url), 'utf8')));

function near(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= LIMIT, `${what}: ${actual} against ${expected}`);
}

/** The same draws as NumPy's, as counts. */
function resamplingOf(
  drawnItems: readonly (readonly number[])[],
  drawnSeeds: readonly (readonly number[])[],
): Resampling {
  const itemCount = drawnItems[0]?.length ?? 0;
  const items = new Uint16Array(drawnItems.length * itemCount);
  for (const [r, row] of drawnItems.entries()) {
    for (const item of row) {
      const place = r * itemCount + item;
      items[place] = (items[place] ?? 0) + 1;
    }
  }
  return { resamples: drawnItems.length, items, itemCount, seeds: () => Uint16Array.from(drawnSeeds.flat()) };
}

test('Wilson intervals are those of statsmodels', () => {
  for (const { correct, items, low, high } of fixtures.wilson) {
    const interval = wilsonInterval(correct, items);
    near(interval.low, low, `low of ${correct}/${items}`);
    near(interval.high, high, `high of ${correct}/${items}`);
  }
});

test('exact and mid-p McNemar tests are those of statsmodels and SciPy, the small ones in relation too', () => {
  for (const { onlyA, onlyB, exact, mid } of fixtures.mcnemar) {
    const p = mcnemar(onlyA, onlyB);
    near(p.exact, exact, `exact of ${onlyA}, ${onlyB}`);
    near(p.mid, mid, `mid of ${onlyA}, ${onlyB}`);
    if (exact > 0) near(p.exact / exact, 1, `exact of ${onlyA}, ${onlyB}, relative`);
  }
});

test("Holm's correction is that of statsmodels", () => {
  for (const { ps, corrected } of fixtures.holm) {
    for (const [i, p] of holm(ps).entries()) near(p, corrected[i] ?? Number.NaN, `Holm of ${ps.join(' ')}`);
  }
  assert.deepEqual(holm([]), []);
});

test('a bootstrap with the draws of NumPy gives its means and quantiles', () => {
  for (const { rows, drawnItems, drawnSeeds, ...expected } of fixtures.bootstrap) {
    const actual = bootstrapMean(
      rows.map((row) => Float64Array.from(row)),
      resamplingOf(drawnItems, drawnSeeds),
    );
    near(actual.value, expected.value, 'mean');
    near(actual.low, expected.low, 'low');
    near(actual.high, expected.high, 'high');
  }
});

test('slopes are those of SciPy, quantiles those of NumPy', () => {
  for (const { xs, ys, slope } of fixtures.slope) {
    const weights = slopeWeights(xs);
    near(
      weights.reduce((sum, weight, k) => sum + weight * (ys[k] ?? Number.NaN), 0),
      slope,
      'slope',
    );
  }
  for (const { ascending, probability, value } of fixtures.quantile)
    near(quantile(ascending, probability), value, 'quantile');
});

test('draws are a pure function of their seed, and every resample draws as many items as there are', () => {
  const options = { itemCount: 7, resamples: 50, seed: 3 };
  const one = drawResampling(options);
  const again = drawResampling(options);
  assert.deepEqual(one.items, again.items);
  assert.deepEqual(one.seeds(3), again.seeds(3));
  assert.notDeepEqual(one.items, drawResampling({ ...options, seed: 4 }).items);
  for (let r = 0; r < one.resamples; r++) {
    assert.equal(
      one.items.subarray(7 * r, 7 * (r + 1)).reduce((sum, count) => sum + count, 0),
      7,
    );
  }
  assert.ok(one.seeds(3).every((seed) => seed < 3));
  assert.deepEqual(new Set(one.seeds(3)), new Set([0, 1, 2]));
});

test('intervals of our own draws cover like the normal approximation on many items of one seed', () => {
  const items = 1000;
  const row = Float64Array.from({ length: items }, (_, i) => (i % 10 < 3 ? 1 : 0));
  const { value, low, high } = bootstrapMean([row], drawResampling({ itemCount: items, resamples: 2000, seed: 1 }));
  const half = 1.96 * Math.sqrt((0.3 * 0.7) / items);
  near(value, 0.3, 'mean');
  assert.ok(Math.abs(low - (0.3 - half)) < 0.003 && Math.abs(high - (0.3 + half)) < 0.003, `${low} to ${high}`);
});

test('for any counts: intervals hold their share, p values are probabilities and do not depend on who is called a', () => {
  fc.assert(
    fc.property(fc.nat(400), fc.nat(400), (a, b) => {
      const p = mcnemar(a, b);
      assert.deepEqual(p, mcnemar(b, a));
      assert.ok(p.mid > 0 && p.mid <= p.exact + 1e-12 && p.exact <= 1);
      if (a + b > 0) {
        const { low, high } = wilsonInterval(a, a + b);
        assert.ok(low >= 0 && low <= a / (a + b) + 1e-12 && high >= a / (a + b) - 1e-12 && high <= 1);
      }
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (ps) => {
      const corrected = holm(ps);
      assert.ok(corrected.every((p, i) => p >= (ps[i] ?? 2) && p <= 1));
    }),
  );
});
