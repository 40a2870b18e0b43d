// The finetune phase: one system under the curriculum objective, started from the Base (docs/design/study.md section 5).

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { FinetunePhaseConfig } from '../../study/settings/index.ts';
import { Curriculum } from '../curriculum/index.ts';
import type { InitialiseOptions } from '../engine/types.ts';
import { countParameters } from '../systems/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { checkpointChoice } from './checkpoint-choice.ts';
import { optimizerOf, systemEngineConfig } from './engine-config.ts';
import { beginFrom, beginTraining, type PhaseContext } from './phase-context.ts';
import type { PhaseWork } from './phase-work.ts';
import { learningRatesAt, reorderedSeed, scaledRates } from './schedule.ts';
import { trainingWork } from './training-work.ts';

export function finetunePhase(config: FinetunePhaseConfig, context: PhaseContext): PhaseWork {
  const { task, tokenizer, model, totalSteps, warm, job } = context;
  const { train, seed, system, latents, curriculum } = config;
  const { microbatch, dataOrder = 0, rateFactor = 1 } = job.overrides ?? {};
  const orderSeed = reorderedSeed(seed, dataOrder);
  const source = new Curriculum({
    system,
    latents,
    curriculum,
    train,
    seed: orderSeed,
    split: task.splits.train,
    tokenizer,
  });
  const softInit = softInitOf(config.softInit, tokenizer);
  const engineConfig = systemEngineConfig(config, model.config, optimizerOf(train), job);
  const engine = warm.engineForTraining(engineConfig);
  const { startStep, selection } = beginTraining(context, engine, () =>
    beginFrom(context, engine, engineConfig, { seed, coprocessorInit: config.coprocessorInit, softInit }),
  );
  return trainingWork({
    engine,
    startStep,
    totalSteps,
    parameters: countParameters(engineConfig).trained,
    tokenizerHash: tokenizer.hash,
    peakFlopsPerSecond: warm.peakFlopsPerSecond(engineConfig),
    microbatch: microbatch ?? train.microbatch,
    oneLearningRate: typeof train.lr === 'number',
    capacityFloatsPerLatent: engine.capacityFloatsPerLatent,
    batchOf: (step) => ({ kind: 'curriculum', items: source.itemsOf(step) }),
    learningRatesOf: (step) => scaledRates(learningRatesAt(train, step, totalSteps), rateFactor),
    choice: checkpointChoice(config, context, engine, source.stepsPerStage, selection),
    resetsOptimizer: (step) => train.resetOptimizer && source.switchesStage(step),
  });
}

/** `mean`, `zeros` or `token:<text>`, whose text must be one token. */
export function softInitOf(setting: string, tokenizer: Tokenizer): InitialiseOptions['softInit'] {
  if (setting === 'mean' || setting === 'zeros') return { kind: setting };
  const text = setting.replace(/^token:/s, '');
  const [id, ...rest] = tokenizer.encode(text);
  if (id === undefined || rest.length > 0) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `softInit: ${JSON.stringify(text)} is ${rest.length + (id === undefined ? 0 : 1)} tokens of ${tokenizer.name}; exactly one is needed`,
      { key: 'softInit' },
    );
  }
  return { kind: 'token', id };
}
