// The base phase: plain language modelling on the task's running text, from scratch or from given weights. One Base serves many trials.

import type { BasePhaseConfig } from '../../../workflows/domain/phases.ts';
import { RunningText } from '../curriculum/index.ts';
import { baseEngineConfig } from './engine-config.ts';
import { beginTraining, type PhaseContext, trainedParameters } from './phase-context.ts';
import type { PhaseWork } from './phase-work.ts';
import { learningRatesAt } from './schedule.ts';
import { trainingWork } from './training-work.ts';

export function basePhase(config: BasePhaseConfig, context: PhaseContext): PhaseWork {
  const { task, tokenizer, model, totalSteps, warm, job } = context;
  const { base } = config;
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
  const text = new RunningText(task.splits.train, tokenizer, base.seed);
  const length = base.sequence ?? model.config.contextLength;
  return trainingWork({
    engine,
    startStep,
    totalSteps,
    parameters: trainedParameters(engineConfig),
    tokenizerHash: tokenizer.hash,
    microbatch: null,
    oneLearningRate: true,
    capacityFloatsPerLatent: null,
    batchOf: (step) => ({ kind: 'corpus', tokens: text.rowsOf(step, base.batch, length), sites: null, ahead: 1 }),
    learningRatesOf: (step) => learningRatesAt(base, step, totalSteps),
    resetsOptimizer: () => false,
  });
}
