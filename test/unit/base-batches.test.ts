// What a Base from scratch learns: running text, or worked examples of which steps and answer count.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { questionTokens, targetTokens } from '../../services/trainer/curriculum/index.ts';
import { baseBatches } from '../../services/trainer/phases/base-batches.ts';
import { loadPhaseData } from '../../services/trainer/phases/phase-data.ts';
import { createTask, questionsOf } from '../../services/trainer/tasks/index.ts';
import { createTokenizer } from '../../services/trainer/tokenizers/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const TRAIN = 12;
const task = questionsOf(
  createTask(taskSchema.parse({ name: 'prosqa', nodes: 7, balanced: true, train: TRAIN, valid: 4, test: 4 })),
);
const tokenizer = createTokenizer('words', task);
const batchesOf = (learns: 'text' | 'solutions') =>
  baseBatches({ learns, batch: 4, sequence: 20 }, { kind: 'questions', task }, tokenizer, 64, 7);

test('solutions are whole worked examples, each once an epoch, in an order of their own every epoch', () => {
  const batchOf = batchesOf('solutions');
  const epoch = (first: number) =>
    [0, 1, 2].flatMap((step) => {
      const batch = batchOf(first + step);
      assert.equal(batch.kind, 'curriculum');
      return batch.kind === 'curriculum' ? batch.items : [];
    });
  const expected = Array.from({ length: TRAIN }, (_, index) => {
    const example = task.splits.train.example(index);
    return { question: questionTokens(example, tokenizer), latents: 0, target: targetTokens(example, tokenizer, 0) };
  });
  const sorted = (items: readonly object[]) => items.map((item) => JSON.stringify(item)).sort();
  assert.deepEqual(sorted(epoch(1)), sorted(expected));
  assert.deepEqual(sorted(epoch(4)), sorted(expected));
  assert.notDeepEqual(epoch(1), epoch(4));
  assert.deepEqual(batchesOf('solutions')(5), batchOf(5), 'a pure function of the step');
});

test('text is rows of the wanted length', () => {
  const batch = batchesOf('text')(3);
  assert.equal(batch.kind, 'corpus');
  assert.deepEqual(batch.kind === 'corpus' ? batch.tokens.map((row) => row.length) : [], [20, 20, 20, 20]);
});

test('a corpus has no solutions to learn', async () => {
  const corpus = createTask(taskSchema.parse({ name: 'corpus', files: ['builtin:prosqa'], tokens: 2_000 }));
  const data = await loadPhaseData(corpus, createTokenizer('bytes', corpus));
  assert.throws(
    () => baseBatches({ learns: 'solutions', batch: 4, sequence: null }, data, tokenizer, 64, 7),
    (error) => error instanceof LatentSweepError,
  );
});
