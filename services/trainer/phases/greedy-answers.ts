// Greedy answers to questions of a split, each with its verdict: what an evaluation records and what chooses a checkpoint.

import type { EvaluationItem } from '../../../workflows/domain/segment.ts';
import type { Engine } from '../engine/types.ts';
import type { GenerateItem, ItemLatents } from '../systems/index.ts';
import { answerIn, type Split, type Task } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';

export interface Answering {
  readonly engine: Engine;
  readonly task: Task;
  readonly split: Split;
  readonly tokenizer: Tokenizer;
  readonly maxNewTokens: number;
}

/**
 * @param begin index in the split of the first item
 * @param given latents in place of the system's own
 */
export function greedyAnswers(
  { engine, task, split, tokenizer, maxNewTokens }: Answering,
  begin: number,
  items: readonly GenerateItem[],
  given?: readonly ItemLatents[],
): readonly Omit<EvaluationItem, 'item' | 'seconds'>[] {
  return engine.generate(items, maxNewTokens, tokenizer.eosTokenId, given).map(({ tokens }, row) => {
    const example = split.example(begin + row);
    const prediction = answerIn(tokenizer.decode(tokens));
    return { prediction, gold: example.answer, correct: task.verify(prediction, example), tokens: tokens.length };
  });
}
