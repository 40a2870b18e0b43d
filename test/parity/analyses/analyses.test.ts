// The latent analyses against NumPy, SciPy and scikit-learn (make-fixtures.py), to 1e-9.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { latentGeometry } from '../../../services/trainer/analyses/index.ts';

const numbers = z.array(z.number());
const casesSchema = z.array(
  z.object({
    shape: z.tuple([z.number(), z.number(), z.number()]),
    threshold: z.number(),
    values: numbers,
    expected: z.object({
      cross_capture: z.array(numbers),
      h_off: z.number(),
      capture_rank: numbers,
      silhouette: z.number(),
      silhouette_by_slot: numbers,
      participation_ratio: z.number(),
      effective_rank: z.number(),
      participation_ratio_by_slot: numbers,
      effective_rank_by_slot: numbers,
      slot_cosine_by_pair: numbers,
      principal_angle: z.array(numbers),
    }),
  }),
);
const cases = casesSchema.parse(JSON.parse(readFileSync(new URL('./fixtures.json', import.meta.url), 'utf8')));

for (const { shape, threshold, values, expected } of cases) {
  const [items, slots, width] = shape;
  test(`${items} items, ${slots} slots, width ${width}: every analysis equals that of the Python libraries`, () => {
    const rows = latentGeometry({ items, slots, width, values }, { threshold, silhouetteItems: items });
    for (const [name, want] of Object.entries(expected)) {
      const have = rows.filter((row) => row.name === name).map(({ value }) => value);
      const flat = [want].flat(2);
      assert.equal(have.length, flat.length, name);
      have.forEach((value, index) => {
        const error = Math.abs(value - (flat[index] ?? Number.NaN));
        assert.ok(error < 1e-9, `${name}[${index}]: ${value} against ${flat[index]}`);
      });
    }
  });
}
