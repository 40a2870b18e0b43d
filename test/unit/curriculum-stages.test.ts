// Stages, items, order and running text of the curriculum (docs/design/study.md section 5).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stageCount } from '../../services/study/plan/phase-steps.ts';
import { SYSTEM_NAMES } from '../../services/study/settings/system-names.ts';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { curriculumSchema, trainSchema } from '../../services/study/settings/training-settings.ts';
import { Curriculum, curriculumItem, planStages, RunningText } from '../../services/trainer/curriculum/index.ts';
import { TrainingOrder } from '../../services/trainer/curriculum/order.ts';
import { createTask, questionsOf } from '../../services/trainer/tasks/index.ts';
import { createTokenizer } from '../../services/trainer/tokenizers/index.ts';

const settings = (overrides: object = {}) => curriculumSchema.parse(overrides);
const task = questionsOf(
  createTask(taskSchema.parse({ name: 'countdown', operands: 4, train: 40, valid: 8, test: 8 })),
);
const bytes = createTokenizer('bytes', task);

describe('the stages', () => {
  test('stage k drops k steps for k*c latents, the final stage drops all', () => {
    assert.deepEqual(planStages('h2', 8, settings()), [
      { droppedSteps: 0, latents: 0 },
      { droppedSteps: 1, latents: 2 },
      { droppedSteps: 2, latents: 4 },
      { droppedSteps: 3, latents: 6 },
      { droppedSteps: 4, latents: 8 },
      { droppedSteps: Infinity, latents: 8 },
    ]);
    assert.deepEqual(planStages('h1', 4, settings({ stages: 2, firstStage: 2, finalStage: false })), [
      { droppedSteps: 2, latents: 4 },
    ]);
  });

  test('without a curriculum all latents and no steps from the start', () => {
    assert.deepEqual(planStages('liu', 6, null), [{ droppedSteps: Infinity, latents: 6 }]);
  });

  test('cot keeps every step, no_cot none, without_thought drops steps for nothing', () => {
    for (const stage of planStages('cot', 8, settings())) assert.deepEqual(stage, { droppedSteps: 0, latents: 0 });
    for (const stage of planStages('no_cot', 8, settings()))
      assert.deepEqual(stage, { droppedSteps: Infinity, latents: 0 });
    assert.deepEqual(planStages('without_thought', 8, settings({ stages: 1 })), [
      { droppedSteps: 0, latents: 0 },
      { droppedSteps: 1, latents: 0 },
      { droppedSteps: Infinity, latents: 0 },
    ]);
  });

  test('every system has as many stages as the plan counts, and ends with its whole budget', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SYSTEM_NAMES.filter((name) => name !== 'continued_pretraining')),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 4 }),
        fc.nat({ max: 6 }),
        fc.boolean(),
        (system, stages, c, firstStage, finalStage) => {
          fc.pre(firstStage <= stages);
          const curriculum = settings({ stages, firstStage, finalStage });
          const planned = planStages(system, stages * c, curriculum);
          assert.equal(planned.length, stageCount(curriculum));
          const plain = ['cot', 'no_cot', 'without_thought'].includes(system);
          assert.equal(planned.at(-1)?.latents, plain ? 0 : stages * c);
        },
      ),
    );
  });

  test('what does not fit is refused by key', () => {
    assert.throws(
      () => planStages('h2', 6, settings()),
      /CONFIG_INVALID: latents: 6 is not a multiple of the 4 stages/,
    );
    assert.throws(() => planStages('h2', 8, settings({ firstStage: 5 })), /CONFIG_INVALID: curriculum\.firstStage: 5/);
    assert.throws(() => planStages('continued_pretraining', 0, null), /CONFIG_INVALID: system: continued_pretraining/);
  });
});

describe('an item', () => {
  const example = { question: 'Q', steps: ['a', 'b', 'c'], answer: '7' };
  const target = (droppedSteps: number) => {
    const item = curriculumItem(example, { droppedSteps, latents: 2 }, bytes);
    assert.equal(item.target.at(-1), bytes.eosTokenId);
    assert.equal(bytes.decode(item.question), 'Q\n');
    return bytes.decode(item.target);
  };

  test('keeps the remaining steps, the answer and the end of text as target', () => {
    assert.equal(target(0), 'a\nb\nc\n### 7');
    assert.equal(target(2), 'c\n### 7');
    assert.equal(target(9), '### 7');
    assert.equal(target(Infinity), '### 7');
  });
});

describe('the order of training', () => {
  test('is a pure function of (seed, step): asked in any order it is the same', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 9 }), (seed, size, batch) => {
        const forwards = new TrainingOrder(seed, size, batch);
        const backwards = new TrainingOrder(seed, size, batch);
        const steps = Array.from({ length: 20 }, (_, i) => i + 1);
        const reversed = steps
          .toReversed()
          .map((step) => backwards.examplesOf(step))
          .reverse();
        assert.deepEqual(
          steps.map((step) => forwards.examplesOf(step)),
          reversed,
        );
      }),
    );
  });

  test('meets every example once an epoch, in another order each time', () => {
    const order = new TrainingOrder(3, 12, 4);
    const epoch = (first: number) => [0, 1, 2].flatMap((i) => order.examplesOf(first + i));
    const all = Array.from({ length: 12 }, (_, i) => i);
    assert.deepEqual(
      epoch(1).toSorted((a, b) => a - b),
      all,
    );
    assert.deepEqual(
      epoch(4).toSorted((a, b) => a - b),
      all,
    );
    assert.notDeepEqual(epoch(1), epoch(4));
    assert.notDeepEqual(epoch(1), new TrainingOrder(4, 12, 12).examplesOf(1));
  });
});

describe('the curriculum', () => {
  const create = (curriculum: object | null, seed = 5) =>
    new Curriculum({
      system: 'h2',
      latents: 6,
      curriculum: curriculum === null ? null : settings(curriculum),
      train: trainSchema.parse({ stepsPerStage: 5, batch: 4 }),
      seed,
      split: task.splits.train,
      tokenizer: bytes,
    });

  test('goes through the stages in order and switches between them', () => {
    const source = create({ stages: 3 });
    assert.equal(source.totalSteps, 25);
    const latents = Array.from({ length: 25 }, (_, i) => source.itemsOf(i + 1).map((item) => item.latents));
    assert.deepEqual(
      latents.map(([first]) => first),
      [0, 2, 4, 6, 6].flatMap((n) => Array<number>(5).fill(n)),
    );
    assert.ok(latents.every((row) => new Set(row).size === 1));
    assert.deepEqual(
      [1, 5, 6, 7, 11, 26].map((step) => source.switchesStage(step)),
      [false, false, true, false, true, true],
    );
  });

  test('uniformProb mixes other stages in, the same ones for the same seed', () => {
    const mixed = create({ stages: 3, uniformProb: 0.5 });
    const drawn = Array.from({ length: 25 }, (_, i) => mixed.itemsOf(i + 1));
    const off = drawn
      .slice(0, 5)
      .flat()
      .filter(({ latents }) => latents !== 0).length;
    assert.ok(off >= 3 && off <= 15, `${off} of 20 items of stage 0 come from others`);
    const again = create({ stages: 3, uniformProb: 0.5 });
    assert.deepEqual(again.itemsOf(25), drawn[24]);
  });
});

describe('the running text of the base phase', () => {
  const text = (seed: number) => new RunningText(task.splits.train, bytes, seed);

  test('gives full rows that are pure in (seed, step, row)', () => {
    const rows = text(1).rowsOf(3, 4, 50);
    assert.deepEqual(
      rows.map((row) => row.length),
      [50, 50, 50, 50],
    );
    const other = text(1);
    other.rowsOf(9, 2, 50);
    assert.deepEqual(other.rowsOf(3, 4, 50), rows);
    assert.deepEqual(
      other.rowsOf(3, 2, 20),
      rows.slice(0, 2).map((row) => row.slice(0, 20)),
    );
    assert.notDeepEqual(text(2).rowsOf(3, 4, 50), rows);
  });

  test('is made of whole worked examples with the end of text between them', () => {
    const whole = bytes
      .decode(text(1).rowsOf(1, 1, 600)[0] ?? [])
      .split('Make ')
      .slice(1, -1);
    assert.ok(whole.length > 5);
    for (const example of whole) assert.match(example, /^\d+ from [\d ]+\.\n(?:\d+[-+*/]\d+=\d+\n){3}### [-+*/\d()]+$/);
    const row = text(1).rowsOf(1, 1, 600)[0] ?? [];
    assert.ok(Math.abs(row.filter((id) => id === bytes.eosTokenId).length - whole.length) <= 2);
  });
});
