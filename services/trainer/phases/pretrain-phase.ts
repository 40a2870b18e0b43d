// The corpus stage: one system on running text, latents at many sites of every sequence (docs/design/study.md section 4). Plain systems learn
// every token.

import type { PretrainPhaseConfig } from '../../study/settings/index.ts';
import { systemTraits } from '../../study/systems/index.ts';
import { type TrainingText } from '../curriculum/index.ts';
import type { Batch } from '../systems/index.ts';
import { countParameters } from '../systems/index.ts';
import { trainingSites } from './corpus-sites.ts';
import { optimizerOf, systemEngineConfig } from './engine-config.ts';
import { softInitOf } from './finetune-phase.ts';
import { beginFrom, beginTraining, type JobContext } from './phase-context.ts';
import { trainingText } from './phase-data.ts';
import type { PhaseWork } from './phase-work.ts';
import { learningRatesAt, reorderedSeed, scaledRates } from './schedule.ts';
import { trainingWork } from './training-work.ts';

export function pretrainPhase(config: PretrainPhaseConfig, context: JobContext): PhaseWork {
  const { data, tokenizer, model, totalSteps, warm, job } = context;
  const { pretrain, seed, coprocessorInit } = config;
  const { microbatch, dataOrder = 0, rateFactor = 1 } = job.overrides ?? {};
  const orderSeed = reorderedSeed(seed, dataOrder);
  const softInit = softInitOf(config.softInit, tokenizer);
  const engineConfig = systemEngineConfig(config, model.config, optimizerOf(pretrain), job);
  const engine = warm.engineForTraining(engineConfig);
  const { startStep } = beginTraining(context, engine, () =>
    beginFrom(context, engine, engineConfig, { seed, coprocessorInit, softInit }),
  );
  const batchOf = pretrainBatches(
    config,
    trainingText(data, tokenizer, orderSeed),
    model.config.contextLength,
    orderSeed,
  );
  return trainingWork({
    engine,
    startStep,
    totalSteps,
    parameters: countParameters(engineConfig).trained,
    tokenizerHash: tokenizer.hash,
    peakFlopsPerSecond: warm.peakFlopsPerSecond(engineConfig),
    microbatch: microbatch ?? pretrain.microbatch,
    oneLearningRate: typeof pretrain.lr === 'number',
    capacityFloatsPerLatent: engine.capacityFloatsPerLatent,
    batchOf,
    learningRatesOf: (step) => scaledRates(learningRatesAt(pretrain, step, totalSteps), rateFactor),
    choice: null,
    resetsOptimizer: () => false,
  });
}

/** Batch of a step, counted from 1; pure in (seed, step). */
export function pretrainBatches(
  { system, latents, pretrain }: Pick<PretrainPhaseConfig, 'system' | 'latents' | 'pretrain'>,
  text: TrainingText,
  contextLength: number,
  seed: number,
): (step: number) => Batch {
  const { batch, sites, ahead } = pretrain;
  const length = pretrain.sequence ?? contextLength;
  const plan = { system, latents, length, sites, ahead, contextLength };
  return (step) => ({
    kind: 'corpus',
    tokens: text.rowsOf(step, batch, length),
    sites: systemTraits(system).plain
      ? null
      : Array.from({ length: batch }, (_, row) => trainingSites(plan, seed, step, row)),
    ahead,
  });
}
