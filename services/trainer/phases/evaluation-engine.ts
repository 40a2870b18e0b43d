// The engine of an evaluation with the weights it judges: those of the parent phase, or a given model as it is.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { AnalysePhaseConfig, EvaluatePhaseConfig } from '../../study/settings/index.ts';
import type { OptimizerConfig } from '../../tensor/optimizer/index.ts';
import type { Engine } from '../engine/types.ts';
import { systemEngineConfig } from './engine-config.ts';
import { type JobContext, readParentWeights } from './phase-context.ts';

/** Never used: an evaluation trains nothing. */
export const NO_OPTIMIZER: OptimizerConfig = {
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  decay: 'all',
  clip: null,
};

/** @throws LatentSweepError INTERNAL where neither a parent nor given weights are there to be judged */
export function evaluationEngine(config: EvaluatePhaseConfig | AnalysePhaseConfig, context: JobContext): Engine {
  const { model, job, warm } = context;
  const engine = warm.engineForEvaluation(systemEngineConfig(config, model.config, NO_OPTIMIZER, job));
  if (job.parent !== null) {
    engine.setWeights(readParentWeights(context, job.parent));
    return engine;
  }
  const base = model.readBase?.() ?? null;
  if (base === null) {
    throw new LatentSweepError('INTERNAL', 'a phase that trains nothing needs the checkpoint of its parent phase', {
      phase: job.phaseKey,
    });
  }
  // a plain system: everything it has is the Base
  engine.initialise({ seed: 0, base, coprocessorInit: 'base', softInit: { kind: 'mean' } });
  return engine;
}
