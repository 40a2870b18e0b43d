// What `transformers` computes with a checkpoint, the engine computes with the same folder. The fixtures are made by make-fixtures.py.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadHuggingFaceFolder } from '../../../services/trainer/weights/index.ts';
import { corpus, withLanguageModel } from './language-model.ts';

const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url));
/** Of the largest entry; measured: at most 1.3e-6. */
const TOLERANCE = 2e-4;

const expectedSchema = z.object({
  ids: z.array(z.array(z.number())),
  loss: z.number(),
  /** [B, S, V] */
  logits: z.array(z.array(z.array(z.number()))),
  greedy: z.array(z.array(z.number())),
  /** Sum and sum of absolute values, in float64. */
  sums: z.record(z.string(), z.tuple([z.number(), z.number()])),
});

const names = readdirSync(FIXTURES);

test('the fixtures cover both families, half precision, shards, the names of the hub and heads of their own', () => {
  assert.deepEqual(names, [
    'gpt2-bf16',
    'gpt2-fp32',
    'gpt2-hub-names',
    'gpt2-sharded-fp16',
    'gpt2-untied',
    'qwen3-bf16-with-head',
    'qwen3-fp16',
    'qwen3-fp32',
    'qwen3-sharded-bf16',
    'qwen3-untied',
  ]);
});

for (const name of names) {
  const folder = join(FIXTURES, name);
  const expected = expectedSchema.parse(JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')));

  test(`${name}: every tensor is the one that transformers reads`, () => {
    const { tensors } = loadHuggingFaceFolder(folder);
    assert.deepEqual(
      [...tensors.keys()].sort(),
      Object.keys(expected.sums)
        .map((each) => `base.${each}`)
        .sort(),
    );
    for (const [each, [sum, absolute]] of Object.entries(expected.sums)) {
      const data = tensors.get(`base.${each}`)?.data ?? new Float32Array();
      let [found, foundAbsolute] = [0, 0];
      for (const value of data) {
        found += value;
        foundAbsolute += Math.abs(value);
      }
      assert.ok(Math.abs(found - sum) <= 1e-12 * absolute, each);
      assert.ok(Math.abs(foundAbsolute - absolute) <= 1e-12 * absolute, each);
    }
  });

  test(`${name}: logits, loss and greedy answers are those of transformers`, () => {
    const { config, tensors } = loadHuggingFaceFolder(folder);
    withLanguageModel(config, tensors, (engine) => {
      const { ids } = expected;
      const { logits, lossNats } = engine.inspect(corpus(ids));
      assert.ok(Math.abs(lossNats - expected.loss) <= TOLERANCE * expected.loss, `${lossNats} ${expected.loss}`);
      // the last position predicts nothing in a corpus batch
      const wanted = expected.logits.flatMap((row) => row.slice(0, -1)).flat();
      assert.equal(logits.length, wanted.length);
      const largest = Math.max(...wanted.map(Math.abs));
      const error = Math.max(...wanted.map((value, i) => Math.abs(value - (logits[i] ?? Number.NaN))));
      assert.ok(error <= TOLERANCE * largest, `largest error ${error}, largest logit ${largest}`);
      const generations = engine.generate(
        ids.map((question) => ({ question, latents: 0 })),
        6,
        null,
      );
      assert.deepEqual(
        generations.map(({ tokens }) => tokens),
        expected.greedy,
      );
    });
  });
}
