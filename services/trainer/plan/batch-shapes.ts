// Which batch shapes a training phase meets: from its own data, sampled evenly over its steps, cut into microbatches as the engine cuts
// them. Fields are maximised one by one, so the largest shape stands for every batch that was looked at.

import type { FinetunePhaseConfig } from '../../study/settings/index.ts';
import { Curriculum, curriculumItem, WHOLE_CHAIN } from '../curriculum/index.ts';
import {
  type Batch,
  type BatchShape,
  type CurriculumItem,
  prepareBatch,
  type StepsShape,
  type TrainingSettings,
} from '../systems/index.ts';
import type { Task } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';

/** Examples looked at in each stage. */
const EXAMPLES_PER_STAGE = 512;

/** Batches of evenly spaced steps of every stage. */
export function sampledItems(
  { system, latents, curriculum, train, seed }: FinetunePhaseConfig,
  task: Task,
  tokenizer: Tokenizer,
): readonly (readonly CurriculumItem[])[] {
  const source = new Curriculum({ system, latents, curriculum, train, seed, split: task.splits.train, tokenizer });
  const { stages, stepsPerStage } = source;
  const count = Math.min(stepsPerStage, Math.max(1, Math.ceil(EXAMPLES_PER_STAGE / train.batch)));
  return stages.flatMap((_, stage) =>
    Array.from({ length: count }, (_, index) =>
      source.itemsOf(1 + stage * stepsPerStage + Math.floor((index * stepsPerStage) / count)),
    ),
  );
}

/** Evenly spaced worked examples of the training split. */
export function sampledSolutions({ splits: { train } }: Task, tokenizer: Tokenizer): readonly CurriculumItem[] {
  const count = Math.min(train.size, EXAMPLES_PER_STAGE);
  return Array.from({ length: count }, (_, index) =>
    curriculumItem(train.example(Math.floor((index * train.size) / count)), WHOLE_CHAIN, tokenizer),
  );
}

/** Shapes of all parts of the batches; one for each part. */
export function partShapes(
  settings: TrainingSettings,
  batches: readonly (readonly CurriculumItem[])[],
  microbatch: number,
): readonly BatchShape[] {
  return batches.flatMap((items) =>
    Array.from({ length: Math.ceil(items.length / microbatch) }, (_, part): BatchShape => {
      const batch: Batch = { kind: 'curriculum', items: items.slice(part * microbatch, (part + 1) * microbatch) };
      return prepareBatch(settings, batch).shape;
    }),
  );
}

/** Sites of every row of running text; plain systems have none. */
export interface TextSites {
  readonly sites: number;
  readonly ahead: number;
}

/** All rows of running text have one length, whatever they say. */
export function textShape(
  settings: TrainingSettings,
  batch: number,
  length: number,
  sites: TextSites | null,
): BatchShape {
  const rows = <T>(row: readonly T[]): readonly (readonly T[])[] => Array.from({ length: batch }, () => row);
  return prepareBatch(settings, {
    kind: 'corpus',
    tokens: rows(Array.from({ length }, () => 0)),
    sites: sites === null ? null : rows(Array.from({ length: sites.sites }, (_, site) => site)),
    ahead: sites?.ahead ?? 1,
  }).shape;
}

export function largestShape(shapes: readonly BatchShape[]): BatchShape {
  const most = (sizeOf: (shape: BatchShape) => number): number =>
    shapes.reduce((max, shape) => Math.max(max, sizeOf(shape)), 0);
  const mostOfSteps = (field: keyof StepsShape): number => most(({ steps }) => steps?.[field] ?? 0);
  const steps: StepsShape = {
    ...{ sequences: mostOfSteps('sequences'), latents: mostOfSteps('latents') },
    ...{ tokens: mostOfSteps('tokens'), scored: mostOfSteps('scored') },
  };
  return {
    ...{ batch: most(({ batch }) => batch), prefix: most(({ prefix }) => prefix), sites: most(({ sites }) => sites) },
    ...{ latents: most(({ latents }) => latents), ahead: most(({ ahead }) => ahead) },
    scored: most(({ scored }) => scored),
    ...(steps.sequences === 0 ? {} : { steps }),
  };
}
