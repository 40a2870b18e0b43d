// What an attempt does otherwise after failures, in the real trainer: half the microbatch gives the same numbers up to the order of sums,
// a lower rate and another data order are what they say.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { LocalCheckpoint } from '../../services/trainer/index.ts';
import type { AttemptOverrides } from '../../workflows/domain/attempt-overrides.ts';
import { committed, job, TrainerChild, tiny } from './trainer-child.ts';

let trainer: TrainerChild;
let base: LocalCheckpoint | null = null;
before(async () => {
  trainer = new TrainerChild();
  base = (await trainer.run(job(trainer.folder, tiny.base(), { parent: null }))).checkpoint ?? null;
});
after(() => trainer.dispose());

/** Values of a metric by step. */
async function curve(overrides: AttemptOverrides, metric: string): Promise<readonly number[]> {
  const run = await trainer.run(job(trainer.folder, tiny.finetune(), { parent: base, overrides }));
  return committed(run)
    .rows.filter(([key]) => key.startsWith(`${metric} `))
    .map(([, value]) => value);
}

test('a smaller microbatch keeps the effective batch: the same losses up to the order of sums', async () => {
  const whole = await curve({}, 'loss_nats');
  const parts = await curve({ microbatch: 1 }, 'loss_nats');
  assert.equal(parts.length, whole.length);
  whole.forEach((value, step) =>
    assert.ok(Math.abs(value - (parts[step] ?? Number.NaN)) < 1e-4 * value, `step ${step + 1}`),
  );
  assert.deepEqual(await curve({ microbatch: 1 }, 'targets'), await curve({}, 'targets'));
});

test('a lowered rate scales every step; another data order begins with the same weights and other questions', async () => {
  const rates = await curve({}, 'learning_rate');
  assert.deepEqual(
    await curve({ rateFactor: 0.5 }, 'learning_rate'),
    rates.map((rate) => rate * 0.5),
  );
  const own = await curve({}, 'loss_nats');
  assert.deepEqual(await curve({ dataOrder: 0, rateFactor: 1 }, 'loss_nats'), own, 'no change leaves every bit');
  assert.notDeepEqual(await curve({ dataOrder: 1 }, 'loss_nats'), own);
});
