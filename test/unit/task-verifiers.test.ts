// More than a thousand hostile answers for every verifier: none is accepted, none throws, none takes long, none is executed.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { answerIn, createTask, type Example, questionsOf, type Task } from '../../services/trainer/tasks/index.ts';

const AT_LEAST = 1_000;
const LONGEST_MS = 1_000;

const taskOf = (settings: object): Task => questionsOf(createTask(taskSchema.parse(settings)));
const examplesOf = ({ splits: { test: split } }: Task, count: number): readonly Example[] =>
  Array.from({ length: count }, (_, index) => split.example(index));

/** Signs, letters, look-alikes of digits and operators, controls, half a surrogate: no comma, no space, nothing that marking may remove. */
const INSERTED = [
  ...[
    '+',
    '-',
    '*',
    '/',
    '.',
    '%',
    '$',
    '=',
    '^',
    '~',
    '!',
    '&',
    '|',
    '<',
    '>',
    '?',
    ':',
    ';',
    '"',
    "'",
    '`',
    '\\',
    '_',
    '@',
  ],
  ...['e', 'x', 'o', 'O', 'l', 'I', 'n', '\u0661', '\uff11', '\u00b2', '\u00d7', '\u00f7', '\u2212', '\u2215'],
  ...[
    '\u0000',
    '\u0007',
    '\u200b',
    '\u200f',
    '\u202e',
    '\u0301',
    '\ud800',
    '\u{1f600}',
    '1',
    '7',
    '(',
    ')',
    '[',
    '{',
    '}',
  ],
];

const ATTACKS = [
  ...[
    '',
    ' ',
    '\n',
    'NaN',
    'Infinity',
    '-Infinity',
    'null',
    'undefined',
    'true',
    '[object Object]',
    '__proto__',
    'constructor',
  ],
  ...[
    'process.exit(1)',
    'require("fs")',
    '(()=>{while(1);})()',
    '${7*7}',
    '{{7*7}}',
    "'; drop table trials; --",
    '\u0000'.repeat(100),
  ],
  ...[
    'globalThis.accepted=true',
    'this.constructor.constructor("return 1")()',
    '1;1',
    'toString()',
    '/(a+)+$/',
    '%s%s%n',
    '../../etc/passwd',
  ],
  ...[
    '('.repeat(5_000),
    ')'.repeat(5_000),
    '(1'.repeat(100),
    '9'.repeat(100_000),
    '1+'.repeat(50_000),
    'a'.repeat(1_000_000),
    ' '.repeat(100_000) + 'x',
  ],
  ...[
    '#',
    '####',
    '### ',
    '<answer>',
    '</answer>',
    '\\boxed{}',
    '\u202e\u202d',
    '\ud800\udc00\ud800',
    '\r\n\r\n',
    '\t',
  ],
];

/** One character more at every place, and attacks alone, before and after the right answer. */
function* hostile(gold: string): Generator<string> {
  for (const character of INSERTED)
    for (let at = 0; at <= gold.length; at++) yield `${gold.slice(0, at)}${character}${gold.slice(at)}`;
  for (const attack of ATTACKS) {
    yield attack;
    if (attack.trim() !== '') {
      yield `${gold}${attack}`;
      yield `${attack}${gold}`;
    }
  }
  for (let at = 0; at < gold.length; at++) yield gold.slice(0, at) + gold.slice(at + 1);
  yield gold.split('').reverse().join('') === gold ? `${gold}${gold}` : gold.split('').reverse().join('');
}

function assertAllRefused(
  task: Task,
  examples: readonly Example[],
  isExcused: (text: string, gold: string) => boolean,
): void {
  let count = 0;
  for (const example of examples) {
    assert.ok(task.verify(example.answer, example), `the right answer ${example.answer}`);
    for (const text of hostile(example.answer)) {
      if (isExcused(text, example.answer)) continue;
      count++;
      // of the processor: how long others keep us from it says nothing about a verifier
      const before = process.cpuUsage();
      const accepted = task.verify(text, example);
      const { user, system } = process.cpuUsage(before);
      const ms = (user + system) / 1_000;
      assert.equal(accepted, false, `${JSON.stringify(text.slice(0, 80))} for ${example.answer}`);
      assert.ok(ms < LONGEST_MS, `${ms} ms for ${JSON.stringify(text.slice(0, 80))}`);
      assert.ok(typeof answerIn(text) === 'string');
    }
  }
  assert.ok(count >= AT_LEAST, `${count} hostile answers`);
  assert.equal(Object.hasOwn(globalThis, 'accepted'), false);
}

describe('hostile answers are refused', () => {
  test('by GSM8K', () => {
    assertAllRefused(
      taskOf({ name: 'gsm8k' }),
      examplesOf(taskOf({ name: 'gsm8k' }), 20),
      (text, gold) => text === gold,
    );
  });

  test('by ProsQA, the other option among them', () => {
    const task = taskOf({ name: 'prosqa' });
    const examples = examplesOf(task, 4);
    assertAllRefused(task, examples, (text, gold) => text === gold);
    for (const example of examplesOf(task, 500)) {
      const [, name = '', left = '', right = ''] = /Is (\w+) a (\w+) or (\w+)\?$/.exec(example.question) ?? [];
      const right_ = example.answer.includes(` ${left}.`) ? left : right;
      const wrong = right_ === left ? right : left;
      for (const text of [
        `${name} is a ${wrong}.`,
        `${name} is a ${left} or ${right}.`,
        `${name} is not a ${right_}.`,
        `${name} is a ${right_}`,
        example.answer.toUpperCase(),
        example.question,
      ])
        assert.equal(task.verify(text, example), false, text);
    }
  });

  test('by Countdown, expressions over other numbers or to other values among them', () => {
    const task = taskOf({ name: 'countdown', operands: 4, valid: 8, test: 64 });
    const examples = examplesOf(task, 12);
    // a number written in front of another can make a solution of its own only with other numbers; parentheses around nothing never do
    assertAllRefused(task, examples, (text, gold) => text === gold);
    for (const example of examplesOf(task, 64)) {
      for (const text of [
        `${example.answer}+0`,
        `${example.answer}*1`,
        `(${example.answer})+(1-1)`,
        `-(${example.answer})`,
        `+${example.answer}`,
        `${example.answer}=${example.question.match(/\d+/)?.[0]}`,
        `eval("${example.answer}")`,
        example.answer
          .replaceAll('-', '\u2212')
          .replaceAll('+', '\uff0b')
          .replaceAll('*', '\u00d7')
          .replaceAll('/', '\u00f7'),
        `${example.answer}/(${example.answer}-${example.answer})`,
        example.question.match(/\d+/)?.[0] ?? '',
      ])
        assert.equal(task.verify(text, example), false, `${text} for ${example.question}`);
    }
  });
});
