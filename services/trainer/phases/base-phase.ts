// The base phase: plain language modelling on the task's running text, from scratch or from given weights. One Base serves many trials.

import type { BasePhaseConfig } from '../../../workflows/domain/phases.ts';
import { baseEngineConfig } from './engine-config.ts';
import { beginTraining, type JobContext, trainedParameters } from './phase-context.ts';
import { trainingText } from './phase-data.ts';
import type { PhaseWork } from './phase-work.ts';
import { learningRatesAt, reorderedSeed, scaledRates } from './schedule.ts';
import { trainingWork } from './training-work.ts';

export function basePhase(config: BasePhaseConfig, context: JobContext): PhaseWork {
  const { data, tokenizer, model, totalSteps, warm, job } = context;
  const { base } = config;
  const { microbatch = null, dataOrder = 0, rateFactor = 1 } = job.overrides ?? {};
  const engineConfig = baseEngineConfig(config, model.config, job);
  const engine = warm.engineForTraining(engineConfig);
  const startStep = beginTraining(context, engine, () =>
    engine.initialise({
      seed: base.seed,
      base: model.readBase?.() ?? null,
      coprocessorInit: 'base',
      softInit: { kind: 'mean' },
    }),
  );
  const text = trainingText(data, tokenizer, reorderedSeed(base.seed, dataOrder));
  const length = base.sequence ?? model.config.contextLength;
  return trainingWork({
    engine,
    startStep,
    totalSteps,
    parameters: trainedParameters(engineConfig),
    tokenizerHash: tokenizer.hash,
    microbatch,
    oneLearningRate: true,
    capacityFloatsPerLatent: null,
    batchOf: (step) => ({ kind: 'corpus', tokens: text.rowsOf(step, base.batch, length), sites: null, ahead: 1 }),
    learningRatesOf: (step) => scaledRates(learningRatesAt(base, step, totalSteps), rateFactor),
    resetsOptimizer: () => false,
  });
}
