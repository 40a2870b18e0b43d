// How each benchmark writes an item, in the files of its authors and in those of the hub: both are read. Pure; the caller names the line.

import { z } from 'zod';
import type { BenchmarkName } from '../../../study/settings/index.ts';
import type { ChoiceItem } from './choice-item.ts';

type Parsed = ChoiceItem | { readonly problem: string };
/** @param label from a file of labels; null = the record has its own */
type Format = (record: unknown, label: string | null) => Parsed;

const text = z.string().min(1);
/** Files have 3, "3", or through Parquet 3n. */
const label = z.union([z.number(), z.bigint(), z.string()]).transform(String);

export const BENCHMARK_FORMATS: Readonly<Record<BenchmarkName, Format>> = {
  hellaswag: withSchema(
    z.object({
      ctx: text,
      ctx_a: z.string().optional(),
      ctx_b: z.string().optional(),
      activity_label: z.string().optional(),
      endings: z.array(text).min(2),
      label: label.optional(),
    }),
    ({ ctx, ctx_a: a, ctx_b: b, activity_label: activity, endings, label: own }, given) => {
      const context = a === undefined || b === undefined ? ctx : `${a} ${capitalised(b)}`;
      const prompt = withoutMarkup(activity === undefined ? context : `${activity}: ${context}`);
      return item(prompt, endings.map(withoutMarkup), numbered(given ?? own, 0));
    },
  ),
  arc_easy: withSchema(
    z.union([
      z.object({
        question: z.object({ stem: text, choices: z.array(z.object({ text, label })).min(2) }),
        answerKey: label.optional(),
      }),
      z.object({
        question: text,
        choices: z.object({ text: z.array(text).min(2), label: z.array(label) }),
        answerKey: label.optional(),
      }),
    ]),
    (record, given) => {
      const { stem, answers, names } =
        'choices' in record
          ? { stem: record.question, answers: record.choices.text, names: record.choices.label }
          : {
              stem: record.question.stem,
              answers: record.question.choices.map((choice) => choice.text),
              names: record.question.choices.map((choice) => choice.label),
            };
      const key = given ?? record.answerKey;
      return item(`Question: ${stem}\nAnswer:`, answers, key === undefined ? null : names.indexOf(key));
    },
  ),
  social_iqa: withSchema(
    z.object({ context: text, question: text, answerA: text, answerB: text, answerC: text, label: label.optional() }),
    ({ context, question, answerA, answerB, answerC, label: own }, given) =>
      item(`Q: ${context} ${question}\nA:`, [answerA, answerB, answerC], numbered(given ?? own, 1)),
  ),
  piqa: withSchema(
    z.object({ goal: text, sol1: text, sol2: text, label: label.optional() }),
    ({ goal, sol1, sol2, label: own }, given) =>
      item(`Question: ${goal}\nAnswer:`, [sol1, sol2], numbered(given ?? own, 0)),
  ),
  winogrande: withSchema(
    z.object({ sentence: text, option1: text, option2: text, answer: label.optional() }),
    ({ sentence, option1, option2, answer }, given) => {
      const gap = sentence.indexOf('_');
      const after = sentence.slice(gap + 1).trim();
      if (gap < 0 || after === '') return { problem: 'sentence has no gap _ with text after it' };
      // the options stand before what is scored, so that both are judged on the same words
      const choices = [option1, option2].map((option) => ({
        prompt: `${sentence.slice(0, gap)}${option}`,
        continuation: ` ${after}`,
      }));
      return checked(choices, numbered(given ?? answer, 1));
    },
  ),
};

function withSchema<T>(schema: z.ZodType<T>, build: (record: T, label: string | undefined) => Parsed): Format {
  return (record, given) => {
    const parsed = schema.safeParse(record);
    if (parsed.success) return build(parsed.data, given ?? undefined);
    const [issue] = parsed.error.issues;
    const key = issue?.path.join('.') ?? '';
    return { problem: key === '' ? 'not an item in a known form' : `key ${key}: ${issue?.message ?? 'not valid'}` };
  };
}

/** @param gold null = not given, -1 = a label that names no choice */
function item(prompt: string, answers: readonly string[], gold: number | null): Parsed {
  return checked(
    answers.map((answer) => ({ prompt, continuation: ` ${answer.trim()}` })),
    gold,
  );
}

function checked(choices: ChoiceItem['choices'], gold: number | null): Parsed {
  if (gold === null) return { problem: 'no label; give task.labels, or a split that has its answers' };
  if (!(gold >= 0 && gold < choices.length))
    return { problem: `the label names none of the ${choices.length} choices` };
  if (choices.some(({ prompt, continuation }) => prompt.trim() === '' || continuation.trim() === ''))
    return { problem: 'a blank prompt or choice' };
  return { choices, gold };
}

/** @param first the number of the first choice */
function numbered(written: string | undefined, first: number): number | null {
  if (written === undefined || written === '') return null;
  const number = Number(written);
  return Number.isInteger(number) ? number - first : -1;
}

const capitalised = (words: string): string => words.slice(0, 1).toUpperCase() + words.slice(1).toLowerCase();

/** WikiHow's marks, as the evaluation harness takes them out. */
function withoutMarkup(words: string): string {
  return words
    .trim()
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[.*?\]/g, '')
    .replaceAll('  ', ' ');
}
