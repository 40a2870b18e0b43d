// Learning rates of a training phase as a pure function of the step, and what an attempt after a NaN changes about them and the data order.
// Warm-up and decay run over the whole phase, stages or not.

import type { BaseSettings, PretrainSettings, TrainSettings } from '../../study/settings/index.ts';
import type { LearningRates } from '../engine/types.ts';

type Schedule = Pick<TrainSettings, 'schedule' | 'warmupSteps'>;

/** Factor on the peak rate in step 1..total: linear warm-up, then constant, or down to 0 just after the last step. */
export function scheduleFactor({ schedule, warmupSteps }: Schedule, step: number, total: number): number {
  if (step <= warmupSteps) return step / warmupSteps;
  const progress = (step - 1 - warmupSteps) / Math.max(1, total - warmupSteps);
  switch (schedule) {
    case 'constant':
      return 1;
    case 'linear':
      return 1 - progress;
    case 'cosine':
      return (1 + Math.cos(Math.PI * progress)) / 2;
  }
}

export function learningRatesAt(
  settings: Schedule & Pick<TrainSettings | PretrainSettings | BaseSettings, 'lr'>,
  step: number,
  total: number,
): LearningRates {
  const factor = scheduleFactor(settings, step, total);
  const { lr } = settings;
  if (typeof lr === 'number') return scaledRates({ base: lr, coprocessor: lr, soft: lr, step_decoder: lr }, factor);
  const { stepDecoder, ...others } = lr;
  return scaledRates({ ...others, ...(stepDecoder === undefined ? {} : { step_decoder: stepDecoder }) }, factor);
}

/** @param factor 1 leaves every bit as it is */
export function scaledRates({ base, coprocessor, soft, step_decoder }: LearningRates, factor: number): LearningRates {
  return {
    base: base * factor,
    coprocessor: coprocessor * factor,
    soft: soft * factor,
    ...(step_decoder === undefined ? {} : { step_decoder: step_decoder * factor }),
  };
}

/** Of settings' seeds, which are whole and below 2^32 in practice, so that no other order is another seed's own. */
const ORDERS = 2 ** 32;

/** Seed of the data order alone; weights are drawn from the phase's own seed. @param dataOrder 0 = its own order */
export function reorderedSeed(seed: number, dataOrder: number): number {
  return seed + dataOrder * ORDERS;
}
