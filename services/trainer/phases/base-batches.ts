// What a Base trained from scratch reads, step by step: running text of which every token counts, or worked examples of which steps and
// answer count. Pure in (seed, step).

import type { BaseSettings } from '../../study/settings/index.ts';
import { curriculumItem, TrainingOrder, WHOLE_CHAIN } from '../curriculum/index.ts';
import type { Batch } from '../systems/index.ts';
import { questionsOf } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { type PhaseData, trainingText } from './phase-data.ts';

/**
 * @param seed of the order of the data
 * @returns batch of a step, counted from 1
 * @throws LatentSweepError CONFIG_INVALID for a task without what is to be learned
 */
export function baseBatches(
  { learns, batch, sequence }: Pick<BaseSettings, 'learns' | 'batch' | 'sequence'>,
  data: PhaseData,
  tokenizer: Tokenizer,
  contextLength: number,
  seed: number,
): (step: number) => Batch {
  if (learns === 'solutions') {
    const { train } = questionsOf(data.task).splits;
    const order = new TrainingOrder(seed, train.size, batch);
    const itemOf = (index: number) => curriculumItem(train.example(index), WHOLE_CHAIN, tokenizer);
    return (step) => ({ kind: 'curriculum', items: order.examplesOf(step).map(itemOf) });
  }
  const text = trainingText(data, tokenizer, seed);
  const length = sequence ?? contextLength;
  return (step) => ({ kind: 'corpus', tokens: text.rowsOf(step, batch, length), sites: null, ahead: 1 });
}
