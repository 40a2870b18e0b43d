// Countdown (docs/design/study.md section 6): make the target from all the numbers, each used once. Problems are drawn by rejection: numbers
// uniform in 1..maxOperand, target uniform in 0..maxTarget, kept when solvable, so the targets keep the distribution of solvable draws.
//
// Question `Make 65 from 19 36 55 7.`, steps `55+36=91` ..., answer `55+36-7-19`. The form is short because byte tokenizers pay by character.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { TaskSettings } from '../../study/settings/index.ts';
import { DRAWS_VERSION, draws, keyedHash } from '../random/draws.ts';
import { dataHash } from './built-in-data.ts';
import { printExpression, solve, stepsOf } from './countdown-solver.ts';
import { isCountdownSolution } from './countdown-verifier.ts';
import { type Example, generatedSplit, listSplit, type Task } from './task.ts';

type CountdownSettings = Extract<TaskSettings, { name: 'countdown' }>;

interface Problem {
  readonly numbers: readonly number[];
  readonly target: number;
}

const GENERATOR_VERSION = 1;
/** With up to three operands the space is small: one number set in ten is kept for valid and test alone. */
const HELD_OUT_SETS_UP_TO = 3;
const HELD_OUT_SHARE = 10;
const MAX_DRAWS = 200_000;

export function createCountdown(settings: CountdownSettings): Task {
  const { operands, maxOperand, maxTarget, dataSeed } = settings;
  const holdsOutSets = operands <= HELD_OUT_SETS_UP_TO;
  const isHeldOutSet = (numbers: readonly number[]): boolean =>
    keyedHash(
      dataSeed,
      'countdown-held-out',
      [...numbers].sort((a, b) => a - b),
    ) %
      HELD_OUT_SHARE ===
    0;

  const drawProblem = (label: string, index: number, admits: (problem: Problem) => boolean): Example => {
    const source = draws(`countdown-${label}`, dataSeed, index);
    for (let attempt = 0; attempt < MAX_DRAWS; attempt++) {
      const numbers = Array.from({ length: operands }, () => 1 + source.below(maxOperand));
      const target = source.below(maxTarget + 1);
      if (!admits({ numbers, target })) continue;
      const solution = solve(numbers, target);
      if (solution === null) continue;
      return {
        question: `Make ${target} from ${numbers.join(' ')}.`,
        steps: stepsOf(solution),
        answer: printExpression(solution),
      };
    }
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `task.${label}: too few distinct problems with ${operands} operands up to ${maxOperand}; ask for fewer, or raise task.maxOperand`,
      { key: `task.${label}` },
    );
  };

  const taken = new Set<string>();
  const heldOut = (label: 'valid' | 'test', size: number): Example[] =>
    Array.from({ length: size }, (_, index) => {
      const example = drawProblem(
        label,
        index,
        (problem) => !taken.has(problemKey(problem)) && (!holdsOutSets || isHeldOutSet(problem.numbers)),
      );
      taken.add(problemKey(problemOf(example)));
      return example;
    });
  const test = listSplit(heldOut('test', settings.test));
  const valid = listSplit(heldOut('valid', settings.valid));
  const train = generatedSplit(settings.train, (index) =>
    drawProblem('train', index, (problem) =>
      holdsOutSets ? !isHeldOutSet(problem.numbers) : !taken.has(problemKey(problem)),
    ),
  );

  return {
    kind: 'questions',
    name: 'countdown',
    dataHash: dataHash([
      'countdown',
      GENERATOR_VERSION,
      DRAWS_VERSION,
      operands,
      maxOperand,
      maxTarget,
      settings.train,
      settings.valid,
      settings.test,
      dataSeed,
    ]),
    licence: 'generated here, Apache-2.0',
    chance: 0,
    splits: { train, valid, test },
    everyWord: null,
    verify: (answer, example) => {
      const { numbers, target } = problemOf(example);
      return isCountdownSolution(answer, numbers, target);
    },
  };
}

const problemKey = ({ numbers, target }: Problem): string =>
  `${[...numbers].sort((a, b) => a - b).join(' ')}=${target}`;

/** Reads the problem back from its question. */
function problemOf(example: Example): Problem {
  const [target = Number.NaN, ...numbers] = (example.question.match(/\d+/g) ?? []).map(Number);
  return { numbers, target };
}
