// Multiple-choice benchmarks in their authors' files and in the hub's: the same items, and every wrong line named.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parquetWriteFile } from 'hyparquet-writer';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { judged } from '../../services/trainer/phases/evaluate-choices.ts';
import { type ChoiceItem, createTask } from '../../services/trainer/tasks/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'benchmarks-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const fileOf = (records: readonly unknown[] | string): string => {
  const path = join(folder, `${files++}.jsonl`);
  writeFileSync(
    path,
    typeof records === 'string' ? records : records.map((one) => `${JSON.stringify(one)}\n`).join(''),
  );
  return path;
};

async function itemsOf(
  name: string,
  records: readonly unknown[] | string,
  labels?: string,
): Promise<readonly ChoiceItem[]> {
  return itemsIn({ name, file: fileOf(records), ...(labels === undefined ? {} : { labels: fileOf(labels) }) });
}

async function itemsIn(settings: object): Promise<readonly ChoiceItem[]> {
  const task = createTask(taskSchema.parse(settings));
  assert.ok(task.kind === 'choices');
  return task.items();
}

const item = (prompt: string, answers: readonly string[], gold: number): ChoiceItem => ({
  choices: answers.map((answer) => ({ prompt, continuation: ` ${answer}` })),
  gold,
});

describe('a benchmark file', () => {
  test('HellaSwag: context with its activity, without marks', async () => {
    const full = {
      ind: 24,
      activity_label: 'Roof shingle removal',
      ctx_a: 'A man is sitting on a roof.',
      ctx_b: 'he',
      ctx: 'A man is sitting on a roof. he',
      endings: ['is using wrap.', 'is ripping [header] tiles off.', 'holds a cube.', 'starts pulling.'],
      label: '3',
    };
    const expected = item(
      'Roof shingle removal: A man is sitting on a roof. He',
      ['is using wrap.', 'is ripping tiles off.', 'holds a cube.', 'starts pulling.'],
      3,
    );
    assert.deepEqual(await itemsOf('hellaswag', [full]), [expected]);
    const { ctx, endings } = full;
    assert.deepEqual((await itemsOf('hellaswag', [{ ctx, endings, label: 3 }]))[0]?.choices[0], {
      prompt: ctx,
      continuation: ' is using wrap.',
    });
  });

  test('ARC-Easy: nested as published, flat as on the hub, in JSON lines and in Parquet', async () => {
    const expected = item('Question: Which is a metal?\nAnswer:', ['iron', 'wood', 'air'], 0);
    const published = {
      id: 'a',
      question: {
        stem: 'Which is a metal?',
        choices: ['iron', 'wood', 'air'].map((text, index) => ({ text, label: 'ABC'[index] })),
      },
      answerKey: 'A',
    };
    const hub = {
      question: 'Which is a metal?',
      choices: { text: ['iron', 'wood', 'air'], label: ['1', '2', '3'] },
      answerKey: '1',
    };
    assert.deepEqual(await itemsOf('arc_easy', [published, hub]), [expected, expected]);
    const filename = join(folder, 'arc.parquet');
    parquetWriteFile({
      filename,
      columnData: [
        { name: 'question', data: [hub.question] },
        { name: 'choices', data: [hub.choices] },
        { name: 'answerKey', data: [hub.answerKey] },
      ],
      schema: [
        { name: 'root', num_children: 3 },
        { name: 'question', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'choices', repetition_type: 'REQUIRED', num_children: 2 },
        { name: 'text', repetition_type: 'REQUIRED', converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'label', repetition_type: 'REQUIRED', converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'answerKey', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      ],
    });
    assert.deepEqual(await itemsIn({ name: 'arc_easy', file: filename }), [expected]);
  });

  test('Social IQA: labels from 1, in the file or beside it', async () => {
    const record = {
      context: 'Tracy ran.',
      question: 'Why?',
      answerA: 'to win',
      answerB: 'to rest',
      answerC: 'to eat',
    };
    const expected = item('Q: Tracy ran. Why?\nA:', ['to win', 'to rest', 'to eat'], 0);
    assert.deepEqual(await itemsOf('social_iqa', [{ ...record, label: '1' }]), [expected]);
    assert.deepEqual(await itemsOf('social_iqa', [record], '1\n'), [expected]);
  });

  test('PIQA: labels from 0, beside the file as published or in it', async () => {
    const record = { goal: 'How to dry paint?', sol1: 'Use a fan.', sol2: 'Use a pan.' };
    const expected = item('Question: How to dry paint?\nAnswer:', ['Use a fan.', 'Use a pan.'], 1);
    assert.deepEqual(await itemsOf('piqa', [record, record], '1\n0\n'), [expected, { ...expected, gold: 0 }]);
    assert.deepEqual(await itemsOf('piqa', [{ ...record, label: 1 }]), [expected]);
  });

  test('Winogrande: the option stands in the prompt, what follows the gap is scored', async () => {
    const record = {
      sentence: 'The cup missed the bag because _ was big.',
      option1: 'the cup',
      option2: 'the bag',
      answer: '2',
    };
    assert.deepEqual(await itemsOf('winogrande', [record]), [
      {
        choices: [
          { prompt: 'The cup missed the bag because the cup', continuation: ' was big.' },
          { prompt: 'The cup missed the bag because the bag', continuation: ' was big.' },
        ],
        gold: 1,
      },
    ]);
  });
});

describe('a benchmark file that is wrong', () => {
  const good = { goal: 'g', sol1: 'a', sol2: 'b', label: 0 };
  const cases: readonly (readonly [string, string, readonly unknown[] | string, RegExp])[] = [
    ['a malformed line', 'piqa', `${JSON.stringify(good)}\n{"goal": \n`, /\.jsonl, line 2: not JSON/],
    ['a missing key', 'piqa', [good, { goal: 'g', sol1: 'a', label: 0 }], /line 2: key sol2.*piqa/],
    ['no label', 'piqa', [{ ...good, label: undefined }], /line 1: no label; give task\.labels/],
    [
      'an empty label of a hidden split',
      'winogrande',
      [{ sentence: 'a _ b', option1: 'x', option2: 'y', answer: '' }],
      /line 1: no label/,
    ],
    ['a label beyond the choices', 'piqa', [{ ...good, label: 2 }], /line 1: the label names none of the 2 choices/],
    ['a label that is no number', 'piqa', [{ ...good, label: 'b' }], /names none/],
    [
      'a sentence without a gap',
      'winogrande',
      [{ sentence: 'a b', option1: 'x', option2: 'y', answer: '1' }],
      /no gap/,
    ],
    ['no items', 'piqa', '\n', /holds no items/],
    ['a blank choice', 'piqa', [{ ...good, sol2: ' ' }], /blank/],
  ];
  for (const [name, benchmark, records, message] of cases) {
    test(name, () => assert.rejects(itemsOf(benchmark, records), { code: 'DATA_INVALID', message }));
  }

  test('more or fewer labels than items', () =>
    assert.rejects(itemsOf('piqa', [good], '0\n1\n'), { code: 'DATA_INVALID', message: /2 labels.*1 items/ }));

  test('a file that does not exist', () => {
    assert.throws(() => createTask(taskSchema.parse({ name: 'piqa', file: join(folder, 'none.jsonl') })), {
      code: 'DATA_MISSING',
      message: /task\.file/,
    });
  });
});

describe('the choice taken', () => {
  const choices: ChoiceItem = item('p', ['aa', 'bbbbbbbb'], 1);
  const about = { item: 0, tokens: 3, seconds: 0 };

  test('is the likeliest, and per character where length is taken out', () => {
    const { row, isCorrectNormalised } = judged(choices, [4, 5], about);
    assert.equal(row.correct, false);
    assert.equal(isCorrectNormalised, true);
    assert.deepEqual(JSON.parse(row.prediction), { choice: 0, normalised: 1, logLikelihood: [-4, -5] });
    assert.equal(row.gold, '1');
  });

  test('is the first of equals', () => {
    assert.equal(judged(choices, [2, 2], about).row.correct, false);
  });
});
