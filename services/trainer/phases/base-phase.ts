// The base phase: a plain language model learns running text or the task's worked examples. One Base serves many trials.

import type { BasePhaseConfig } from '../../study/settings/index.ts';
import { countParameters } from '../systems/index.ts';
import { baseBatches } from './base-batches.ts';
import { baseEngineConfig } from './engine-config.ts';
import { beginTraining, type JobContext } from './phase-context.ts';
import type { PhaseWork } from './phase-work.ts';
import { learningRatesAt, reorderedSeed, scaledRates } from './schedule.ts';
import { trainingWork } from './training-work.ts';

export function basePhase(config: BasePhaseConfig, context: JobContext): PhaseWork {
  const { data, tokenizer, model, totalSteps, warm, job } = context;
  const { base } = config;
  const { microbatch = null, dataOrder = 0, rateFactor = 1 } = job.overrides ?? {};
  const engineConfig = baseEngineConfig(config, model.config, job);
  const engine = warm.engineForTraining(engineConfig);
  const { startStep } = beginTraining(context, engine, () =>
    engine.initialise({
      seed: base.seed,
      base: model.readBase?.() ?? null,
      coprocessorInit: 'base',
      softInit: { kind: 'mean' },
    }),
  );
  return trainingWork({
    engine,
    startStep,
    totalSteps,
    parameters: countParameters(engineConfig).trained,
    tokenizerHash: tokenizer.hash,
    peakFlopsPerSecond: warm.peakFlopsPerSecond(engineConfig),
    microbatch,
    oneLearningRate: true,
    capacityFloatsPerLatent: null,
    batchOf: baseBatches(base, data, tokenizer, model.config.contextLength, reorderedSeed(base.seed, dataOrder)),
    learningRatesOf: (step) => scaledRates(learningRatesAt(base, step, totalSteps), rateFactor),
    choice: null,
    resetsOptimizer: () => false,
  });
}
