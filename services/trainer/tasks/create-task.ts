// From the task settings of a phase to the task itself.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { TaskSettings } from '../../study/settings/index.ts';
import { type Benchmark, createBenchmark } from './benchmarks/benchmark.ts';
import { type Corpus, createCorpus } from './corpus.ts';
import { createCountdown } from './countdown.ts';
import { createGsm8k } from './gsm8k.ts';
import { createProsqa } from './prosqa.ts';
import type { Task } from './task.ts';

export type AnyTask = Task | Corpus | Benchmark;

/** @throws LatentSweepError DATA_MISSING, DATA_INVALID or CONFIG_INVALID, each naming the file and line or the key */
export function createTask(settings: TaskSettings): AnyTask {
  switch (settings.name) {
    case 'prosqa':
      return createProsqa(settings);
    case 'countdown':
      return createCountdown(settings);
    case 'gsm8k':
      return createGsm8k(settings);
    case 'corpus':
      return createCorpus(settings);
    case 'hellaswag':
    case 'arc_easy':
    case 'social_iqa':
    case 'piqa':
    case 'winogrande':
      return createBenchmark(settings);
  }
}

/** @throws LatentSweepError CONFIG_INVALID for a task without questions */
export function questionsOf(task: AnyTask): Task {
  if (task.kind === 'questions') return task;
  throw new LatentSweepError('CONFIG_INVALID', `task.name: ${task.name} has no questions to train on`, {
    key: 'task.name',
  });
}
