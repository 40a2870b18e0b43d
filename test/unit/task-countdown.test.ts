// Countdown: statistics of the generator, leakage, and the verifier against an oracle and against hostile text.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { draws } from '../../services/trainer/random/draws.ts';
import { printExpression, solve } from '../../services/trainer/tasks/countdown-solver.ts';
import { isCountdownSolution } from '../../services/trainer/tasks/countdown-verifier.ts';
import { createTask, questionsOf, type Split } from '../../services/trainer/tasks/index.ts';

const countdown = (settings: object = {}) =>
  questionsOf(createTask(taskSchema.parse({ name: 'countdown', valid: 64, test: 64, ...settings })));

const read = (question: string) => {
  const [target = 0, ...numbers] = (question.match(/\d+/g) ?? []).map(Number);
  return { target, numbers };
};
const examplesOf = (split: Split, count = split.size) => Array.from({ length: count }, (_, i) => split.example(i));
const keyOf = (question: string) => {
  const { target, numbers } = read(question);
  return `${numbers.sort((a, b) => a - b).join()}=${target}`;
};

/** Every value that all the numbers together can make, by exhaustive search over subsets. */
function reachable(numbers: readonly number[]): ReadonlySet<number> {
  const tables: Set<number>[] = [];
  for (let group = 1; group < 1 << numbers.length; group++) {
    const table = new Set<number>();
    tables[group] = table;
    if ((group & (group - 1)) === 0) table.add(numbers[31 - Math.clz32(group)] ?? 0);
    for (let part = (group - 1) & group; part > 0; part = (part - 1) & group) {
      for (const a of tables[part] ?? []) {
        for (const b of tables[group ^ part] ?? []) {
          table
            .add(a + b)
            .add(Math.abs(a - b))
            .add(a * b);
          if (b > 0 && a % b === 0) table.add(a / b);
        }
      }
    }
  }
  return tables[(1 << numbers.length) - 1] ?? new Set();
}

describe('Countdown', () => {
  test('numbers and targets lie in their ranges and the numbers are spread evenly', () => {
    const examples = examplesOf(countdown({ operands: 4 }).splits.train, 1_500);
    const numbers = examples.flatMap(({ question }) => read(question).numbers);
    assert.ok(numbers.every((n) => n >= 1 && n <= 50));
    assert.ok(examples.every(({ question }) => read(question).target <= 100));
    const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
    assert.ok(mean > 20 && mean < 28, `mean number ${mean}: solvable draws favour small numbers only a little`);
  });

  test('the solver finds a solution exactly where exhaustive search does, about as often as measured', () => {
    // shares of docs/design/study.md section 6; for five operands it says 0.87, exhaustive search over these draws gives 0.83
    for (const [operands, count, share, tolerance] of [
      [3, 1_500, 0.065, 0.02],
      [4, 1_000, 0.27, 0.05],
      [5, 120, 0.85, 0.1],
    ] as const) {
      let solvable = 0;
      for (let i = 0; i < count; i++) {
        const source = draws('solver-test', operands, i);
        const numbers = Array.from({ length: operands }, () => 1 + source.below(50));
        const target = source.below(101);
        const found = solve(numbers, target) !== null;
        assert.equal(found, reachable(numbers).has(target), `${numbers.join(' ')} -> ${target}`);
        if (found) solvable++;
      }
      assert.ok(Math.abs(solvable / count - share) < tolerance, `${operands}: ${solvable / count} against ${share}`);
    }
  });

  test('a zero in the middle never becomes a division by zero', () => {
    for (const [numbers, target] of [
      [[7, 7, 34, 34], 12],
      [[3, 3, 5, 5], 0],
      [[1, 1, 1, 1], 7],
    ] as const) {
      const solution = solve(numbers, target);
      assert.equal(solution !== null, reachable(numbers).has(target));
      if (solution !== null) assert.ok(isCountdownSolution(printExpression(solution), numbers, target));
    }
  });

  test('every gold answer is accepted, and its steps end at the target', () => {
    for (const operands of [2, 3, 4, 5, 6]) {
      const task = countdown({ operands, valid: 20, test: 20 });
      for (const example of examplesOf(task.splits.train, 40)) {
        assert.ok(task.verify(example.answer, example), `${example.question} ${example.answer}`);
        assert.equal(example.steps.length, operands - 1);
        assert.equal(example.steps.at(-1)?.split('=')[1], String(read(example.question).target));
      }
    }
  });

  test('no training problem is a held-out one; with three operands not even its numbers are', () => {
    const three = countdown({ operands: 3, train: 2_000 });
    const sets = new Set(
      [...examplesOf(three.splits.valid), ...examplesOf(three.splits.test)].map(
        ({ question }) => keyOf(question).split('=')[0],
      ),
    );
    for (const { question } of examplesOf(three.splits.train)) assert.ok(!sets.has(keyOf(question).split('=')[0]));
    const four = countdown({ operands: 4, train: 2_000 });
    const problems = new Set(
      [...examplesOf(four.splits.valid), ...examplesOf(four.splits.test)].map((e) => keyOf(e.question)),
    );
    assert.equal(problems.size, 128, 'held-out problems are distinct');
    for (const { question } of examplesOf(four.splits.train)) assert.ok(!problems.has(keyOf(question)));
  });

  test('a demand for more distinct problems than there are is refused by key', () => {
    assert.throws(() => countdown({ operands: 2, maxOperand: 2, test: 500 }), /CONFIG_INVALID: task\.test/);
  });
});

describe('the Countdown verifier', () => {
  /** Random expressions over their own numbers, with their exact value where it is an integer. */
  const expression = fc.letrec<{ tree: { text: string; numbers: number[]; value: number } }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.integer({ min: 1, max: 50 }).map((n) => ({ text: String(n), numbers: [n], value: n })),
      fc.tuple(tie('tree'), fc.constantFrom('+', '-', '*'), tie('tree')).map(([a, operator, b]) => ({
        text: `(${a.text} ${operator} ${b.text})`,
        numbers: [...a.numbers, ...b.numbers],
        value: operator === '+' ? a.value + b.value : operator === '-' ? a.value - b.value : a.value * b.value,
      })),
    ),
  })).tree;

  test('accepts every expression over exactly the numbers with the right value, and no other value', () => {
    fc.assert(
      fc.property(expression, ({ text, numbers, value }) => {
        fc.pre(text.length <= 200 && Number.isSafeInteger(value));
        return isCountdownSolution(text, numbers, value) && !isCountdownSolution(text, numbers, value + 1);
      }),
    );
  });

  test('divides exactly: thirds that add up to one are one', () => {
    assert.ok(isCountdownSolution('1/3+2/3', [1, 2, 3, 3], 1));
    assert.ok(isCountdownSolution('8/(3-8/3)', [3, 3, 8, 8], 24));
    assert.ok(!isCountdownSolution('7/2', [2, 7], 3));
  });

  for (const [text, why] of [
    ['', 'nothing'],
    ['3+4+', 'an operator without a right side'],
    ['3 4', 'two numbers without an operator'],
    ['(3+4', 'an open parenthesis'],
    ['3+4)', 'a closing parenthesis too many'],
    ['7/(3-3)*0+3+4', 'numbers that were not given'],
    ['3+4/0', 'a zero that was not given'],
    ['-3+10+4', 'a leading sign and a foreign number'],
    ['3**4', 'a power'],
    ['3+4=7', 'an equation'],
    ['3+4;process.exit(1)', 'code'],
    ['3+4 // 7', 'a comment'],
    ['0x3+4', 'a hexadecimal number'],
    ['3e0+4', 'an exponent'],
    ['3.0+4', 'a decimal'],
    ['3\u00d74', 'a multiplication sign'],
    ['\u0663+4', 'another script\u2019s digit'],
    ['3+4\u0000', 'a zero byte'],
    [`${'('.repeat(5_000)}3+4${')'.repeat(5_000)}`, 'very deep nesting'],
    ['3+4'.padEnd(10_000, ' +0'), 'a very long text'],
    ['3+3+1', 'a number used twice'],
  ] as const) {
    test(`refuses ${why}`, () => assert.equal(isCountdownSolution(text, [3, 4], 7), false));
  }

  test('division by zero is wrong, not an error', () => {
    assert.equal(isCountdownSolution('5/(3-3)', [3, 3, 5], 0), false);
  });

  test('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => typeof isCountdownSolution(text, [1, 2], 3) === 'boolean'),
    );
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('1', '2', '+', '-', '*', '/', '(', ')', ' ')),
        (pieces) => typeof isCountdownSolution(pieces.join(''), [1, 2], 3) === 'boolean',
      ),
    );
  });

  test('printed solutions read back to their value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 0, max: 60 }),
        (numbers, target) => {
          const solution = solve(numbers, target);
          return solution === null || isCountdownSolution(printExpression(solution), numbers, target);
        },
      ),
    );
  });
});
