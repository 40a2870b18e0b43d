// The tensors of a system and its capacity, for what the trainer is configured with; the lists themselves are services/study/systems'.

import {
  capacityFloatsPerLatent,
  type DescribedSystem,
  type ParameterCounts,
  parameterCounts,
  type SystemTensor,
  stepDecoderLayers,
  systemTensors,
} from '../../study/systems/index.ts';
import { type ModelConfig, shapeOfModel } from '../models/index.ts';
import type { SystemSettings } from './settings.ts';

function described({ model, system, channel, latents, query, objectives }: SystemSettings): DescribedSystem {
  return { system, channel, latents, query, objectives, shape: shapeOfModel(model), vocabulary: model.vocabSize };
}

/** Every tensor of a system, in the order of checkpoints. */
export function systemParameters(settings: SystemSettings): readonly SystemTensor[] {
  return systemTensors(described(settings));
}

export function countParameters(settings: SystemSettings): ParameterCounts {
  return parameterCounts(described(settings));
}

/** The model that predicts a replaced step from its latents; null without the objective `steps`. It has no embedding and no head of its own. */
export function stepDecoderModel({ system, model, objectives = [] }: SystemSettings): ModelConfig | null {
  const layers = stepDecoderLayers({ system, shape: shapeOfModel(model), objectives });
  return layers === null ? null : { ...model, layers };
}

/** What passes to the Base per latent, in floats. */
export function capacityOf({ system, channel, model }: SystemSettings): number {
  return capacityFloatsPerLatent(system, channel, shapeOfModel(model));
}
