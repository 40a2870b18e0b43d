// What a phase reads, made ready before anything is computed: the questions of a task, a corpus as tokens, the items of a benchmark.
// Everything wrong with the data is found here, so a slot's device has done nothing yet.

import type { SplitSizes } from '../../study/plan/index.ts';
import { CorpusText, openTokenStore, RunningText, type TokenStore, type TrainingText } from '../curriculum/index.ts';
import { type AnyTask, type ChoiceItem, type Corpus, questionsOf, type Task } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { cacheFolder } from '../weights/index.ts';

export type PhaseData =
  | { readonly kind: 'questions'; readonly task: Task }
  | { readonly kind: 'corpus'; readonly task: Corpus; readonly tokens: TokenStore }
  | {
      readonly kind: 'choices';
      readonly task: Extract<AnyTask, { kind: 'choices' }>;
      readonly items: readonly ChoiceItem[];
    };

/** A corpus too large to be looked at beforehand: all but its text can be. */
export interface UnreadCorpus {
  readonly kind: 'unread';
  readonly task: Corpus;
}

/**
 * @param onProgress called now and then while the tokens of a corpus are made, which may take long the first time
 * @throws LatentSweepError DATA_MISSING, or DATA_INVALID naming file and line
 */
export async function loadPhaseData(
  task: AnyTask,
  tokenizer: Tokenizer,
  onProgress: () => void | Promise<void> = () => undefined,
): Promise<PhaseData> {
  switch (task.kind) {
    case 'questions':
      return { kind: 'questions', task };
    case 'corpus': {
      const tokens = await openTokenStore(task, tokenizer, { cacheDir: cacheFolder(), onProgress });
      return { kind: 'corpus', task, tokens };
    }
    case 'choices':
      return { kind: 'choices', task, items: await task.items() };
  }
}

export function sizesOf(data: PhaseData | UnreadCorpus): SplitSizes {
  switch (data.kind) {
    case 'questions': {
      const { train, valid, test } = data.task.splits;
      return { train: train.size, valid: valid.size, test: test.size };
    }
    case 'corpus':
    case 'unread':
      return { train: 0, valid: data.task.settings.valid, test: data.task.settings.test };
    case 'choices':
      return { train: 0, valid: data.items.length, test: data.items.length };
  }
}

/** What base and corpus stage read. @throws LatentSweepError CONFIG_INVALID for a benchmark, which has no text */
export function trainingText(data: PhaseData, tokenizer: Tokenizer, seed: number): TrainingText {
  if (data.kind === 'corpus') return new CorpusText(data.tokens, seed);
  return new RunningText(questionsOf(data.task).splits.train, tokenizer, seed);
}
