// How many steps a phase has: one pure source for the plan, the progress bars and the trainer's own loop.
// A step of `base`, `pretrain` and `finetune` is an optimizer step; a step of `evaluate` is one batch of items. Those of
// `analyse` are batches that collect latents, then slots whose geometry is computed.

import {
  type CurriculumSettings,
  type EvaluateSettings,
  GSM8K_PUBLISHED,
  isBenchmark,
  type PhaseConfig,
  type TaskSettings,
  type TrainSettings,
} from '../settings/index.ts';

/** Examples in each split of a task. */
export interface SplitSizes {
  readonly train: number;
  readonly valid: number;
  readonly test: number;
}

/**
 * @param fileExamples problems in the file that the task names; null without such a file
 * @returns sizes as the trainer's tasks make them: GSM8K's validation split is cut from the end of its training problems
 */
export function splitSizes(task: TaskSettings, fileExamples: number | null): SplitSizes {
  if (isBenchmark(task)) return { train: 0, valid: fileExamples ?? 0, test: fileExamples ?? 0 };
  switch (task.name) {
    case 'prosqa':
      return { train: fileExamples ?? task.train, valid: task.valid, test: task.test };
    case 'countdown':
      return { train: task.train, valid: task.valid, test: task.test };
    case 'gsm8k':
      return {
        train: task.train ?? Math.max(1, (fileExamples ?? GSM8K_PUBLISHED.train) - task.valid),
        valid: task.valid,
        test: task.test ?? GSM8K_PUBLISHED.test,
      };
    case 'corpus':
      return { train: 0, valid: task.valid, test: task.test };
  }
}

/**
 * Stages of a finetune: `firstStage` to `stages`, each with one more step replaced by latents, then the final stage without steps
 * (docs/design/study.md section 5). Without a curriculum there is one.
 */
export function stageCount(curriculum: CurriculumSettings | null): number {
  if (curriculum === null) return 1;
  return curriculum.stages - curriculum.firstStage + 1 + (curriculum.finalStage ? 1 : 0);
}

/** Optimizer steps of one stage; a started batch of an epoch counts as a whole one. */
export function stepsOfStage(
  train: Pick<TrainSettings, 'stepsPerStage' | 'epochsPerStage' | 'batch'>,
  trainExamples: number,
): number {
  if (train.stepsPerStage !== null) return train.stepsPerStage;
  return Math.max(1, Math.ceil(((train.epochsPerStage ?? 1) * trainExamples) / train.batch));
}

/** Steps of a whole phase; at least 1. */
export function phaseSteps(config: PhaseConfig, sizes: SplitSizes): number {
  switch (config.kind) {
    case 'base':
      return config.base.steps;
    case 'pretrain':
      return config.pretrain.steps;
    case 'finetune':
      return stageCount(config.curriculum) * stepsOfStage(config.train, sizes.train);
    case 'evaluate':
      return batchesOf(config.evaluate, sizes);
    case 'analyse':
      return batchesOf(config.analyse, sizes) + config.latents;
  }
}

function batchesOf(
  { items, split, batch }: Pick<EvaluateSettings, 'items' | 'split' | 'batch'>,
  sizes: SplitSizes,
): number {
  return Math.max(1, Math.ceil(Math.min(items ?? sizes[split], sizes[split]) / batch));
}
