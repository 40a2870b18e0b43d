// GSM8K: grade-school word problems; the chain of thought is the calculator annotations `<<16-3-4=9>>` in order (docs/design/study.md section
// 6). Reads the original JSON lines, Coconut's `{question, steps, answer}` (a list or one a line) and the augmented text format of Deng et al.
// (`question||<<4-2=2>> <<2/.5=4>> #### 300`).

import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { TaskSettings } from '../../study/settings/index.ts';
import { type DataFile, readDataFile } from '../text/index.ts';
import { builtInData, dataHash } from './built-in-data.ts';
import { coconutSchema, problemError, problemsIn } from './problem-file.ts';
import { type Example, listSplit, sameText, type Task } from './task.ts';

const originalSchema = z.object({ question: z.string(), answer: z.string() });

type Gsm8kSettings = Extract<TaskSettings, { name: 'gsm8k' }>;

export function createGsm8k(settings: Gsm8kSettings): Task {
  const trainFile =
    settings.trainFile === null ? builtInData('gsm8k-train.jsonl.gz') : readDataFile(settings.trainFile);
  const testFile = builtInData('gsm8k-test.jsonl.gz');
  const all = parseGsm8k(trainFile);
  // the published data has no validation split: the last problems of the training file stand in
  const available = all.length - settings.valid;
  const trainSize = settings.train ?? available;
  if (trainSize < 1 || trainSize > available) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `task.train: ${trainSize} asked, ${available} available beside task.valid`,
      {
        key: 'task.train',
      },
    );
  }
  const test = parseGsm8k(testFile);
  const testSize = settings.test ?? test.length;
  if (testSize > test.length) {
    throw new LatentSweepError('CONFIG_INVALID', `task.test: ${testSize} asked, ${test.length} published`, {
      key: 'task.test',
    });
  }
  return {
    kind: 'questions',
    name: 'gsm8k',
    dataHash: dataHash(['gsm8k', trainFile.sha256, testFile.sha256, trainSize, settings.valid, testSize]),
    licence: 'MIT (openai/grade-school-math)',
    chance: 0,
    splits: {
      train: listSplit(all.slice(0, trainSize)),
      valid: listSplit(all.slice(available)),
      test: listSplit(test.slice(0, testSize)),
    },
    everyWord: null,
    verify: (answer, example) => sameText(answer, example.answer),
  };
}

/** @throws LatentSweepError DATA_INVALID with the line */
export function parseGsm8k(file: DataFile): Example[] {
  return problemsIn(file).problems.map(({ value, line }) => {
    const parsed = value.kind === 'json' ? fromJson(value.data) : fromText(value.text);
    const problem = parsed === null ? NO_FORM : problemOf(parsed);
    if (parsed === null || problem !== null) throw problemError(file, line(), problem ?? NO_FORM);
    const { question, steps, answer } = parsed;
    return { question, steps, answer };
  });
}

interface Parsed extends Example {
  /** Where the answer stands, for messages. */
  readonly mark: string;
}

const NO_FORM =
  'neither {"question", "answer"} with ####, nor {"question", "steps": [...], "answer"}, nor question||steps #### answer';

/** What would make an example that cannot be answered or judged; null = nothing. */
function problemOf({ question, answer, mark }: Parsed): string | null {
  if (question === '') return 'the question is blank';
  return /\d/.test(answer) ? null : `the answer ${JSON.stringify(answer)}${mark} has no number`;
}

function fromJson(data: unknown): Parsed | null {
  const coconut = coconutSchema.safeParse(data);
  if (coconut.success && !coconut.data.answer.includes('####')) {
    const { question, steps, answer } = coconut.data;
    return { question: asked(question), steps, answer: given(answer), mark: '' };
  }
  const original = originalSchema.safeParse(data);
  return original.success ? fromParts(original.data.question, original.data.answer) : null;
}

function fromText(line: string): Parsed | null {
  const bar = line.indexOf('||');
  return bar < 0 ? null : fromParts(line.slice(0, bar), line.slice(bar + 2));
}

function fromParts(question: string, worked: string): Parsed | null {
  const mark = worked.lastIndexOf('####');
  if (mark < 0) return null;
  return {
    question: asked(question),
    steps: worked.slice(0, mark).match(/<<[^<>]*>>/g) ?? [],
    answer: given(worked.slice(mark + 4)),
    mark: ' after ####',
  };
}

const asked = (question: string): string => question.trim().replaceAll('\n', ' ');
const given = (answer: string): string => answer.replaceAll(',', '').trim();
