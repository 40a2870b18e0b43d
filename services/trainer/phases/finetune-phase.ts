// The finetune phase: one system under the curriculum objective, started from the Base (study.md section 5).

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { FinetunePhaseConfig } from '../../../workflows/domain/phases.ts';
import { Curriculum } from '../curriculum/index.ts';
import type { InitialiseOptions, NamedTensors } from '../engine/types.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { finetuneOptimizer, systemEngineConfig } from './engine-config.ts';
import { beginTraining, type PhaseContext, readParentWeights, trainedParameters } from './phase-context.ts';
import type { PhaseWork } from './phase-work.ts';
import { learningRatesAt } from './schedule.ts';
import { trainingWork } from './training-work.ts';

export function finetunePhase(config: FinetunePhaseConfig, context: PhaseContext): PhaseWork {
  const { task, tokenizer, model, totalSteps, warm, job } = context;
  const { train, seed, system, latents, curriculum } = config;
  const source = new Curriculum({ system, latents, curriculum, train, seed, split: task.splits.train, tokenizer });
  const softInit = softInitOf(config.softInit, tokenizer);
  const engineConfig = systemEngineConfig(config, model.config, finetuneOptimizer(config), job);
  const engine = warm.engineForTraining(engineConfig);
  const startStep = beginTraining(context, engine, () =>
    engine.initialise({ seed, base: baseWeights(context), coprocessorInit: config.coprocessorInit, softInit }),
  );
  return trainingWork({
    engine,
    startStep,
    totalSteps,
    parameters: trainedParameters(engineConfig),
    tokenizerHash: tokenizer.hash,
    microbatch: train.microbatch,
    oneLearningRate: typeof train.lr === 'number',
    capacityFloatsPerLatent: engine.capacityFloatsPerLatent,
    batchOf: (step) => ({ kind: 'curriculum', items: source.itemsOf(step) }),
    learningRatesOf: (step) => learningRatesAt(train, step, totalSteps),
    resetsOptimizer: (step) => train.resetOptimizer && source.switchesStage(step),
  });
}

/** Those of the parent phase, else the given ones, else none: the engine initialises them. */
function baseWeights(context: PhaseContext): NamedTensors | null {
  const { parent } = context.job;
  return parent === null ? (context.model.readBase?.() ?? null) : readParentWeights(context, parent);
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
