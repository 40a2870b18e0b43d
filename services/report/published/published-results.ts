// What has been published, to stand beside one's own cells: arXiv 2510.00494 (tables 1 and 2, figures by latent budget and for
// Countdown) and the Coconut paper (arXiv 2412.06769, GPT-2). Percentages as printed; `readOff` = read off a figure, about +-0.5
// points, +-2 for Countdown. Known inconsistencies of the paper are left as they are (docs/design/study.md section 8).

import type { SystemName } from '../../study/settings/index.ts';

export type PublishedModel = 'gpt2' | 'qwen3';

export interface PublishedResult {
  readonly model: PublishedModel;
  /** As `taskLabel` names it: `countdown 3` has three operands. */
  readonly task: string;
  readonly system: SystemName;
  /** null: the system has none, or the source does not say. */
  readonly latents: number | null;
  /** 0 to 100. */
  readonly accuracyPercent: number;
  readonly source: string;
  readonly readOff: boolean;
  /** Trained with the staged curriculum; null where that makes no difference. */
  readonly curriculum: boolean | null;
}

type Row = readonly [SystemName, ...(readonly (number | null)[])];

/** One result per column of a table; null = no value printed. */
function results(
  about: Omit<PublishedResult, 'system' | 'latents' | 'accuracyPercent' | 'task'>,
  columns: readonly { readonly task: string; readonly latents: number | null }[],
  rows: readonly Row[],
): readonly PublishedResult[] {
  return rows.flatMap(([system, ...values]) =>
    columns.flatMap(({ task, latents }, i) => {
      const accuracyPercent = values[i] ?? null;
      return accuracyPercent === null ? [] : [{ ...about, task, system, latents, accuracyPercent }];
    }),
  );
}

const BENCHMARKS = ['hellaswag', 'arc_easy', 'social_iqa', 'piqa', 'winogrande'].map((task) => ({ task, latents: 16 }));
const atBudgets = (task: string, ...budgets: readonly number[]) => budgets.map((latents) => ({ task, latents }));
const withoutBudget = (...tasks: readonly string[]) => tasks.map((task) => ({ task, latents: null }));
const COUNTDOWN = ['countdown 3', 'countdown 4', 'countdown 5'];
const atBudget = (latents: number, tasks: readonly string[]) => tasks.map((task) => ({ task, latents }));

const TABLE_1 = { source: 'table 1', readOff: false, curriculum: null } as const;
const TABLE_2 = { source: 'table 2', readOff: false, curriculum: true } as const;
const BY_LATENTS = { source: 'figure by N_L', readOff: true, curriculum: true } as const;
const BY_OPERANDS = { source: 'figure, Countdown', readOff: true, curriculum: null } as const;
const COCONUT = { model: 'gpt2', source: 'Coconut paper', readOff: false } as const;

export const PUBLISHED_RESULTS: readonly PublishedResult[] = [
  ...results({ model: 'gpt2', ...TABLE_1 }, BENCHMARKS, [
    ['continued_pretraining', 30.7, 54.2, 37.8, 64.5, 50.5],
    ['soft_embeddings', 30.7, 55.6, 37.7, 64.6, 51.9],
    ['liu', 29.0, 45.0, 37.4, 62.1, 50.7],
    ['h1', 29.4, 48.2, 38.7, 62.9, 52.3],
    ['h2', 31.2, 55.8, 38.2, 65.3, 52.1],
  ]),
  ...results({ model: 'qwen3', ...TABLE_1 }, BENCHMARKS, [
    ['continued_pretraining', 26.6, 34.5, 35.3, 55.1, 52.0],
    ['soft_embeddings', 25.9, 37.2, 34.6, 55.3, 50.4],
    ['liu', 31.8, 36.5, 35.4, 58.1, 52.0],
    ['h1', 35.2, 45.0, 39.0, 61.0, 55.7],
    ['h2', 37.3, 53.1, 41.9, 63.4, 51.1],
  ]),
  ...results({ model: 'gpt2', ...TABLE_2 }, atBudget(12, ['gsm8k', 'prosqa']), [
    ['soft_embeddings', 26.5, 97.7],
    ['liu', 16.5, 52.6],
    ['h1', 12.0, 54.1],
    ['h2', 31.5, 99.0],
  ]),
  ...results({ model: 'qwen3', ...TABLE_2 }, atBudget(12, ['gsm8k', 'prosqa']), [
    ['soft_embeddings', 38.5, 99.5],
    ['liu', 22.4, 81.0],
    ['h1', 24.0, 79.0],
    ['h2', 38.6, 99.5],
  ]),
  ...results({ model: 'gpt2', ...BY_LATENTS }, atBudgets('gsm8k', 4, 8, 16), [
    ['h2', 27.8, 27.2, 30.2],
    ['soft_embeddings', 25.8, 26.3, 26.3],
  ]),
  ...results({ model: 'gpt2', ...BY_LATENTS }, atBudgets('gsm8k', 4, 8, 12, 16), [['coconut', 31.2, 34.0, 31.0, 30.1]]),
  ...results({ model: 'qwen3', ...BY_LATENTS }, atBudgets('gsm8k', 4, 8, 16), [
    ['h2', 37.1, 38.0, 36.5],
    ['soft_embeddings', 36.5, 37.9, 38.2],
  ]),
  ...results({ model: 'gpt2', ...BY_LATENTS }, atBudgets('prosqa', 4, 8, 16), [
    ['h2', 99.0, 99.2, 99.5],
    ['soft_embeddings', 95.2, 96.8, 97.2],
  ]),
  ...results({ model: 'qwen3', ...BY_LATENTS }, atBudgets('prosqa', 4, 8, 16), [
    ['h2', 100, 100, 100],
    ['soft_embeddings', 99.3, 99.4, 99.5],
  ]),
  ...results({ model: 'gpt2', ...BY_OPERANDS }, atBudget(1, COUNTDOWN), [['h2', 79, 51, 10]]),
  ...results({ model: 'gpt2', ...BY_OPERANDS }, atBudget(4, COUNTDOWN), [['h2', 80, 54, 9]]),
  ...results({ model: 'gpt2', ...BY_OPERANDS }, atBudget(8, COUNTDOWN), [['h2', 91, 59, 11]]),
  ...results({ model: 'gpt2', ...BY_OPERANDS }, atBudget(16, COUNTDOWN), [
    ['h2', 79, 51, 14],
    ['soft_embeddings', 86, 50, 9],
    ['h1', 55, 41, 1],
  ]),
  ...results({ model: 'qwen3', ...BY_OPERANDS }, atBudget(1, COUNTDOWN), [['h2', 97, 71, 16]]),
  ...results({ model: 'qwen3', ...BY_OPERANDS }, atBudget(4, COUNTDOWN), [['h2', 95, 75, 15]]),
  ...results({ model: 'qwen3', ...BY_OPERANDS }, atBudget(8, COUNTDOWN), [['h2', 98, 79, 15]]),
  ...results({ model: 'qwen3', ...BY_OPERANDS }, atBudget(16, COUNTDOWN), [
    ['h2', 96, 70, 16],
    ['soft_embeddings', 97, 71, 15],
    ['h1', 31, 45, 0.5],
  ]),
  ...results({ ...COCONUT, curriculum: null }, withoutBudget('gsm8k', 'prosqa'), [
    ['cot', 42.9, 77.5],
    ['no_cot', 16.5, 76.7],
  ]),
  ...results({ ...COCONUT, curriculum: true }, withoutBudget('gsm8k', 'prosqa'), [
    // 6 latents each
    ['coconut', 34.1, 97.0],
    ['without_thought', 21.6, 95.5],
    // "pause as thought"
    ['pause', 24.1, 96.6],
  ]),
  ...results({ ...COCONUT, curriculum: false }, withoutBudget('gsm8k', 'prosqa'), [
    ['coconut', 14.4, 76.1],
    ['pause', 16.4, 75.9],
  ]),
];
