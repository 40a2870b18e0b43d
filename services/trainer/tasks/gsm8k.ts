// GSM8K: grade-school word problems; the chain of thought is the calculator annotations `<<16-3-4=9>>` in order (study.md section 6).
// Reads the original JSON lines and the augmented text format of Deng et al. (`question||<<4-2=2>> <<2/.5=4>> #### 300`).

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { TaskSettings } from '../../../workflows/domain/settings.ts';
import { builtInData, type DataFile, dataHash, readDataFile } from './data-file.ts';
import { type Example, listSplit, sameText, type Task } from './task.ts';

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
    verify: (answer, example) => sameText(answer, example.answer),
  };
}

/** @throws LatentSweepError DATA_INVALID with the line */
export function parseGsm8k(file: DataFile): Example[] {
  const examples: Example[] = [];
  for (const [index, line] of file.text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = line.startsWith('{') ? fromJson(line) : fromText(line);
    const problem = parsed === null ? NO_FORM : problemOf(parsed);
    if (parsed === null || problem !== null) {
      const details = { path: file.path, line: index + 1 };
      throw new LatentSweepError('DATA_INVALID', `${file.path}, line ${index + 1}: ${problem ?? NO_FORM}`, details);
    }
    examples.push(parsed);
  }
  return examples;
}

const NO_FORM = 'neither {"question", "answer"} with #### nor question||steps #### answer';

/** What would make an example that cannot be answered or judged; null = nothing. */
function problemOf({ question, answer }: Example): string | null {
  if (question === '') return 'the question is blank';
  return /\d/.test(answer) ? null : `the answer ${JSON.stringify(answer)} after #### has no number`;
}

function fromJson(line: string): Example | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null; // the caller reports the line
  }
  if (typeof value !== 'object' || value === null || !('question' in value) || !('answer' in value)) return null;
  if (typeof value.question !== 'string' || typeof value.answer !== 'string') return null;
  return fromParts(value.question, value.answer);
}

function fromText(line: string): Example | null {
  const bar = line.indexOf('||');
  return bar < 0 ? null : fromParts(line.slice(0, bar), line.slice(bar + 2));
}

function fromParts(question: string, worked: string): Example | null {
  const mark = worked.lastIndexOf('####');
  if (mark < 0) return null;
  return {
    question: question.trim().replaceAll('\n', ' '),
    steps: worked.slice(0, mark).match(/<<[^<>]*>>/g) ?? [],
    answer: worked
      .slice(mark + 4)
      .replaceAll(',', '')
      .trim(),
  };
}
