// Batches of a training phase by step, as its own loop would read them, and the engine config that they are for.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { PhaseConfig } from '../../../workflows/domain/phases.ts';
import { Curriculum, RunningText } from '../curriculum/index.ts';
import type { Batch, EngineConfig } from '../engine/types.ts';
import { baseEngineConfig, finetuneOptimizer, type Placement, systemEngineConfig } from '../phases/engine-config.ts';
import { totalStepsOf } from '../phases/phase-context.ts';
import { createTask } from '../tasks/index.ts';
import { createTokenizer } from '../tokenizers/index.ts';
import { resolveModel } from '../weights/index.ts';

export interface PhaseBatches {
  readonly engine: EngineConfig;
  readonly totalSteps: number;
  readonly microbatch: number | null;
  /** Of a step, counted from 1. */
  readonly batchOf: (step: number) => Batch;
}

/** @throws LatentSweepError CONFIG_INVALID for a phase that does not train, and as `checkPhaseConfig` */
export async function phaseBatches(config: PhaseConfig, placement: Placement): Promise<PhaseBatches> {
  const task = createTask(config.task);
  const tokenizer = createTokenizer(config.tokenizer, task);
  const { config: model } = await resolveModel(config.model, tokenizer);
  const totalSteps = totalStepsOf(config, task);
  switch (config.kind) {
    case 'base': {
      const text = new RunningText(task.splits.train, tokenizer, config.base.seed);
      const { batch, sequence } = config.base;
      const length = sequence ?? model.contextLength;
      return {
        ...{ engine: baseEngineConfig(config, model, placement), totalSteps, microbatch: null },
        batchOf: (step) => ({ kind: 'corpus', tokens: text.rowsOf(step, batch, length), sites: null, ahead: 1 }),
      };
    }
    case 'finetune': {
      const { system, latents, curriculum, train, seed } = config;
      const source = new Curriculum({ system, latents, curriculum, train, seed, split: task.splits.train, tokenizer });
      const engine = systemEngineConfig(config, model, finetuneOptimizer(config), placement);
      return {
        ...{ engine, totalSteps, microbatch: train.microbatch },
        batchOf: (step) => ({ kind: 'curriculum', items: source.itemsOf(step) }),
      };
    }
    case 'evaluate':
      throw new LatentSweepError('CONFIG_INVALID', 'phase: evaluate has no training step; allowed: base, finetune', {
        key: 'phase',
      });
  }
}
