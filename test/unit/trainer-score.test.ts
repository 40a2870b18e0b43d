// What the engine says of given tokens is the log-softmax of a full recomputation, whatever company the rows have.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SYSTEM_NAMES, type SystemName } from '../../services/study/settings/system-names.ts';
import type { TrainingEngine } from '../../services/trainer/engine/index.ts';
import type { Batch, CurriculumItem } from '../../services/trainer/systems/index.ts';
import { LATENTS, PLAIN, QWEN3, randomTokens, smallConfig, VOCABULARY, withEngine } from './trainer-small-engine.ts';

/** Single precision over sums in another order. */
const TOLERANCE = 2e-5;

const itemsOf = (system: SystemName): readonly CurriculumItem[] => {
  const latents = PLAIN.includes(system) || system === 'without_thought' ? 0 : LATENTS;
  return [
    [3, 1],
    [17, 6],
    [1, 9],
    [9, 4],
    [12, 2],
  ].map(([question = 1, target = 1], index) => ({
    question: randomTokens(question, 1, index),
    latents: latents === 0 ? 0 : index % (latents + 1),
    target: randomTokens(target, 2, index),
  }));
};

/** -log softmax at every target, from the logits of a whole forward pass of this one item. */
function recomputed(engine: TrainingEngine, batch: Batch, targets: readonly number[]): readonly number[] {
  const { logits } = engine.inspect(batch);
  return targets.map((target, row) => {
    const own = logits.subarray(row * VOCABULARY, (row + 1) * VOCABULARY);
    const most = own.reduce((max, one) => Math.max(max, one), Number.NEGATIVE_INFINITY);
    const total = own.reduce((sum, one) => sum + Math.exp(one - most), 0);
    return most + Math.log(total) - (own[target] ?? Number.NaN);
  });
}

function assertClose(have: readonly number[], want: readonly number[], what: string): void {
  assert.equal(have.length, want.length, what);
  have.forEach((one, index) => {
    assert.ok(Math.abs(one - (want[index] ?? Number.NaN)) < TOLERANCE * Math.max(1, one), `${what} ${index}: ${one}`);
  });
}

describe('the score of a continuation', () => {
  for (const system of SYSTEM_NAMES) {
    test(`of ${system} is that of full recomputation, item by item, in a padded batch of mixed lengths`, () => {
      for (const model of [undefined, QWEN3]) {
        withEngine(smallConfig(system, model === undefined ? {} : { model }), (engine) => {
          const items = itemsOf(system);
          const together = [...engine.score({ kind: 'curriculum', items })];
          let from = 0;
          for (const [index, item] of items.entries()) {
            const own = together.slice(from, from + item.target.length);
            from += item.target.length;
            const alone: Batch = { kind: 'curriculum', items: [item] };
            assertClose(own, [...engine.score(alone)], `item ${index} alone`);
            assertClose(own, recomputed(engine, alone, item.target), `item ${index} recomputed`);
          }
          assert.equal(from, together.length);
        });
      }
    });
  }
});

describe('the score of a corpus batch', () => {
  const tokens = [randomTokens(24, 5, 0), randomTokens(24, 5, 1)];
  const sites = [
    [0, 4, 11],
    [2, 3, 19],
  ];
  const ahead = 4;
  for (const system of ['soft_embeddings', 'liu', 'h1', 'h2', 'without_thought'] as const) {
    test(`of ${system} equals the prefix of every site by itself`, () => {
      withEngine(smallConfig(system), (engine) => {
        const nats = [...engine.score({ kind: 'corpus', tokens, sites, ahead })];
        let from = 0;
        for (const [row, own] of sites.entries()) {
          for (const site of own) {
            const text = tokens[row] ?? [];
            const item: CurriculumItem = {
              question: text.slice(0, site + 1),
              latents: system === 'without_thought' ? 0 : LATENTS,
              target: text.slice(site + 1, site + 1 + ahead),
            };
            assertClose(
              nats.slice(from, from + ahead),
              [...engine.score({ kind: 'curriculum', items: [item] })],
              `row ${row}, site ${site}`,
            );
            from += ahead;
          }
        }
      });
    });
  }

  test('of a plain system has every token after the first, and its mean is the loss', () => {
    withEngine(smallConfig('continued_pretraining'), (engine) => {
      const batch: Batch = { kind: 'corpus', tokens, sites: null, ahead: 1 };
      const nats = [...engine.score(batch)];
      assert.equal(nats.length, 2 * 23);
      const mean = nats.reduce((sum, one) => sum + one, 0) / nats.length;
      assert.ok(Math.abs(mean - engine.evaluateLoss(batch).lossNats) < TOLERANCE);
    });
  });

  test('leaves weights and optimizer as they were', () => {
    withEngine(smallConfig('h2'), (engine) => {
      const before = engine.state();
      engine.score({ kind: 'corpus', tokens, sites, ahead });
      const after = engine.state();
      assert.equal(after.updates, before.updates);
      for (const [name, { data }] of before.tensors) assert.deepEqual(after.tensors.get(name)?.data, data, name);
    });
  });
});
