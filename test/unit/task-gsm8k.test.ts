// GSM8K: both file formats, the published splits, marking with thousands commas, bad lines by number.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { parseGsm8k } from '../../services/trainer/tasks/gsm8k.ts';
import { answerIn, createTask, questionsOf } from '../../services/trainer/tasks/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const gsm8k = (settings: object = {}) => questionsOf(createTask(taskSchema.parse({ name: 'gsm8k', ...settings })));
const parse = (text: string) => parseGsm8k({ path: 'my.jsonl', text, sha256: '' });

describe('GSM8K', () => {
  test('has the published sizes, steps and answers', () => {
    const { splits } = gsm8k();
    assert.deepEqual([splits.train.size, splits.valid.size, splits.test.size], [6_973, 500, 1_319]);
    assert.deepEqual(splits.test.example(0).steps, ['<<16-3-4=9>>', '<<9*2=18>>']);
    assert.equal(splits.test.example(0).answer, '18');
    const all = [splits.train, splits.valid].flatMap((split) =>
      Array.from({ length: split.size }, (_, i) => split.example(i)),
    );
    const steps = all.reduce((sum, example) => sum + example.steps.length, 0) / all.length;
    assert.ok(Math.abs(steps - 3.17) < 0.01, `mean steps ${steps}`);
    assert.equal(all.filter((example) => example.steps.length === 0).length, 95);
  });

  test('no held-out question is a training question', () => {
    const { splits } = gsm8k();
    const train = new Set(Array.from({ length: splits.train.size }, (_, i) => splits.train.example(i).question));
    for (const split of [splits.valid, splits.test]) {
      for (let i = 0; i < split.size; i++) assert.ok(!train.has(split.example(i).question), `item ${i} is in both`);
    }
  });

  test('reads the augmented text format', () => {
    assert.deepEqual(parse('Out of 600?||<<600*30/100=180>> <<600-180=420>> #### 1,420\n\n'), [
      { question: 'Out of 600?', steps: ['<<600*30/100=180>>', '<<600-180=420>>'], answer: '1420' },
    ]);
  });

  test('marks the text after the last #, without thousands commas', () => {
    const task = gsm8k();
    const example = { question: '', steps: [], answer: '1420' };
    for (const text of ['<<1+1=2>>\n### 1,420', '### 7 # 1420 ', '1420'])
      assert.ok(task.verify(answerIn(text), example), text);
    for (const text of ['### 1420.0', '### 142', '', '### 1420 dollars'])
      assert.ok(!task.verify(answerIn(text), example), text);
  });

  test('bad lines and impossible sizes are refused by line and key', () => {
    const good = 'Q||<<1+1=2>> #### 2';
    for (const bad of ['Q', '{"question": "Q"}', '{"question": "Q", "answer": 2}', '{', 'Q||2']) {
      assert.throws(
        () => parse(`${good}\n\n${bad}`),
        (error) =>
          error instanceof LatentSweepError && error.code === 'DATA_INVALID' && /my\.jsonl, line 3/.test(error.message),
      );
    }
    assert.throws(() => parse(`${good}\nQ||<<1+1=2>> #### two`), {
      code: 'DATA_INVALID',
      message: /my\.jsonl, line 2: the answer "two" after #### has no number/,
    });
    assert.throws(() => parse(' ||<<1+1=2>> #### 2'), {
      code: 'DATA_INVALID',
      message: /line 1: the question is blank/,
    });
    assert.throws(() => gsm8k({ train: 7_000 }), /CONFIG_INVALID: task\.train: 7000 asked, 6973 available/);
    assert.throws(() => gsm8k({ test: 1_320 }), /CONFIG_INVALID: task\.test/);
    assert.throws(() => gsm8k({ trainFile: '/nowhere/train.txt' }), /DATA_MISSING: .*\/nowhere\/train\.txt/);
  });
});
