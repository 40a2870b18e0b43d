// The batches of a finetune: stage by stage, each a pure function of (settings, seed, step).

import { stepsOfStage } from '../../study/plan/index.ts';
import {
  type CurriculumSettings,
  type FinetunePhaseConfig,
  objectiveOf,
  type SystemName,
} from '../../study/settings/index.ts';
import { draws } from '../random/draws.ts';
import type { CurriculumItem } from '../systems/index.ts';
import type { Split } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { curriculumItem } from './item.ts';
import { TrainingOrder } from './order.ts';
import { planStages, type Stage, WHOLE_CHAIN } from './stages.ts';

export interface CurriculumSource {
  readonly system: SystemName;
  readonly latents: number;
  readonly curriculum: CurriculumSettings | null;
  /** With the objective `steps` items carry the steps that latents replace. */
  readonly train: Pick<FinetunePhaseConfig['train'], 'stepsPerStage' | 'epochsPerStage' | 'batch' | 'objectives'>;
  readonly seed: number;
  readonly split: Split;
  readonly tokenizer: Tokenizer;
}

export class Curriculum {
  readonly stages: readonly Stage[];
  readonly stepsPerStage: number;
  readonly #source: CurriculumSource;
  readonly #order: TrainingOrder;

  /** @throws LatentSweepError CONFIG_INVALID when latents and stages do not fit */
  constructor(source: CurriculumSource) {
    this.#source = source;
    this.stages = planStages(source.system, source.latents, source.curriculum);
    this.stepsPerStage = stepsOfStage(source.train, source.split.size);
    this.#order = new TrainingOrder(source.seed, source.split.size, source.train.batch);
  }

  get totalSteps(): number {
    return this.stages.length * this.stepsPerStage;
  }

  /** Whether a step (from 1) is the first of a stage after the first one. */
  switchesStage(step: number): boolean {
    return step > 1 && (step - 1) % this.stepsPerStage === 0;
  }

  /** Items of an optimizer step, counted from 1. */
  itemsOf(step: number): readonly CurriculumItem[] {
    const { seed, split, tokenizer, train } = this.#source;
    const withSteps = objectiveOf(train.objectives ?? [], 'steps') !== null;
    const source = draws('curriculum-stage', seed, step);
    const current = Math.min(Math.floor((step - 1) / this.stepsPerStage), this.stages.length - 1);
    return this.#order.examplesOf(step).map((index) => {
      const stage = this.stages[this.#drawStage(current, source)];
      return curriculumItem(split.example(index), stage ?? WHOLE_CHAIN, tokenizer, withSteps);
    });
  }

  /** The current stage, or with probability `uniformProb` one of all stages, uniformly (Coconut's `uniform_prob`). */
  #drawStage(current: number, source: { uniform(): number; below(bound: number): number }): number {
    const probability = this.#source.curriculum?.uniformProb ?? 0;
    return probability > 0 && source.uniform() < probability ? source.below(this.stages.length) : current;
  }
}
