// How long the examples of each task are in each tokenizer's tokens: what estimates and the check of the context length rest on.
// Measured over 500 examples of every split of the tasks as they are generated and shipped, the longest question over whole splits.

import { isBenchmark, PROSQA_PUBLISHED, type TaskSettings, type TokenizerSettings } from '../settings/index.ts';

export interface TaskTokens {
  /** Rows of the embedding. */
  readonly vocabulary: number;
  /** Means over examples. */
  readonly question: number;
  /** All steps, the answer and the end of text. */
  readonly fullTarget: number;
  /** The answer and the end of text. */
  readonly answer: number;
  readonly steps: number;
  /** Mean and, in a whole split, at least the longest of the held-out questions; null where they depend on draws. */
  readonly heldOut: { readonly question: number; readonly longest: number } | null;
}

type Row = readonly [vocabulary: number, question: number, fullTarget: number, answer: number, longestQuestion: number];
type Named = 'bytes' | 'words' | 'gpt2' | 'qwen3';

const PROSQA: Readonly<Record<Named, Row>> = {
  bytes: [258, 935.2, 114.4, 22.5, 1_373],
  words: [67, 218.2, 34.3, 9.0, 313],
  gpt2: [50_257, 361.1, 48.6, 9.2, 525],
  qwen3: [151_669, 324.6, 41.0, 8.7, 466],
};
const PROSQA_STEPS = 3.76;

const GSM8K: Readonly<Record<Named, Row>> = {
  bytes: [258, 239.4, 50.5, 7.3, 621],
  words: [12_230, 57.5, 49.5, 6.3, 135],
  gpt2: [50_257, 57.1, 30.5, 3.1, 137],
  qwen3: [151_669, 60.6, 38.8, 5.3, 145],
};
const GSM8K_STEPS = 3.19;

/** With three operands; the second row is what each further operand adds. */
const COUNTDOWN: Readonly<Record<Named, readonly [Row, Row]>> = {
  bytes: [
    [258, 22.1, 29.4, 12.9, 24],
    [0, 2.95, 12.6, 3.9, 3],
  ],
  words: [
    [36, 11.1, 28.4, 11.9, 13],
    [0, 1.95, 12.6, 3.9, 2],
  ],
  gpt2: [
    [50_257, 8, 19.4, 7.4, 8],
    [0, 1, 8.6, 2.5, 1],
  ],
  qwen3: [
    [151_669, 14.1, 27, 10.5, 16],
    [0, 2.95, 11.8, 3.1, 3],
  ],
};
/** Of a benchmark's prompt and of one of its choices, in tokens of GPT-2: assumed, since the files are the user's. */
const BENCHMARK_PROMPT = 64;
const BENCHMARK_CHOICE = 16;
/** Bytes of English text in one token of GPT-2. */
const BYTES_PER_TOKEN = 4.4;

const COUNTDOWN_MAX_OPERAND = 50;
const COUNTDOWN_MAX_TARGET = 100;

/** @returns null for a tokenizer from a file and for words of a text that is not known: nothing can be said of them */
export function taskTokens(task: TaskSettings, tokenizer: TokenizerSettings): TaskTokens | null {
  if (typeof tokenizer !== 'string') return null;
  if (task.name === 'corpus' || isBenchmark(task)) return userTokens(tokenizer);
  switch (task.name) {
    case 'prosqa': {
      const [vocabulary, question, fullTarget, answer, longest] = PROSQA[tokenizer];
      return {
        vocabulary,
        question: (question * task.nodes) / PROSQA_PUBLISHED.meanNodes,
        fullTarget,
        answer,
        steps: PROSQA_STEPS,
        // generated ones depend on draws
        heldOut: task.nodes >= PROSQA_PUBLISHED.fromNodes ? { question, longest } : null,
      };
    }
    case 'gsm8k': {
      const [vocabulary, question, fullTarget, answer, longest] = GSM8K[tokenizer];
      return { vocabulary, question, fullTarget, answer, steps: GSM8K_STEPS, heldOut: { question, longest } };
    }
    case 'countdown': {
      const [three, more] = COUNTDOWN[tokenizer];
      const further = task.operands - 3;
      const usual = task.maxOperand === COUNTDOWN_MAX_OPERAND && task.maxTarget === COUNTDOWN_MAX_TARGET;
      const question = three[1] + further * more[1];
      return {
        vocabulary: three[0],
        question,
        fullTarget: three[2] + further * more[2],
        answer: three[3] + further * more[3],
        steps: task.operands - 1,
        heldOut: usual ? { question, longest: three[4] + further * more[4] } : null,
      };
    }
  }
}

/** Of a corpus only the vocabulary counts; the lengths are those of a benchmark. */
function userTokens(tokenizer: Named): TaskTokens | null {
  if (tokenizer === 'words') return null;
  const [vocabulary] = GSM8K[tokenizer];
  const perToken = tokenizer === 'bytes' ? BYTES_PER_TOKEN : 1;
  const [question, answer] = [BENCHMARK_PROMPT * perToken, BENCHMARK_CHOICE * perToken];
  return { vocabulary, question, fullTarget: answer, answer, steps: 1, heldOut: null };
}
