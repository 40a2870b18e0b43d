// Batches of a training phase by step, as its own loop would read them, and the engine config that they are for.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { phaseSteps } from '../../study/plan/index.ts';
import type { PhaseConfig } from '../../study/settings/index.ts';
import { Curriculum } from '../curriculum/index.ts';
import type { EngineConfig } from '../engine/types.ts';
import { baseBatches } from '../phases/base-batches.ts';
import { baseEngineConfig, type ComputePlacement, optimizerOf, systemEngineConfig } from '../phases/engine-config.ts';
import { loadPhaseData, sizesOf, trainingText } from '../phases/phase-data.ts';
import { pretrainBatches } from '../phases/pretrain-phase.ts';
import type { Batch } from '../systems/index.ts';
import { createTask, questionsOf } from '../tasks/index.ts';
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
export async function phaseBatches(config: PhaseConfig, placement: ComputePlacement): Promise<PhaseBatches> {
  const task = createTask(config.task);
  const tokenizer = createTokenizer(config.tokenizer, task);
  const { config: model } = await resolveModel(config.model, tokenizer);
  const data = await loadPhaseData(task, tokenizer);
  const totalSteps = phaseSteps(config, sizesOf(data));
  switch (config.kind) {
    case 'base': {
      const { base } = config;
      return {
        ...{ engine: baseEngineConfig(config, model, placement), totalSteps, microbatch: null },
        batchOf: baseBatches(base, data, tokenizer, model.contextLength, base.seed),
      };
    }
    case 'pretrain': {
      const { pretrain, seed } = config;
      const engine = systemEngineConfig(config, model, optimizerOf(pretrain), placement);
      const batchOf = pretrainBatches(config, trainingText(data, tokenizer, seed), model.contextLength, seed);
      return { engine, totalSteps, microbatch: pretrain.microbatch, batchOf };
    }
    case 'finetune': {
      const { system, latents, curriculum, train, seed } = config;
      const split = questionsOf(task).splits.train;
      const source = new Curriculum({ system, latents, curriculum, train, seed, split, tokenizer });
      const engine = systemEngineConfig(config, model, optimizerOf(train), placement);
      return {
        ...{ engine, totalSteps, microbatch: train.microbatch },
        batchOf: (step) => ({ kind: 'curriculum', items: source.itemsOf(step) }),
      };
    }
    case 'evaluate':
    case 'analyse':
      throw new LatentSweepError(
        'CONFIG_INVALID',
        `phase: ${config.kind} has no training step; allowed: base, pretrain, finetune`,
        {
          key: 'phase',
        },
      );
  }
}
